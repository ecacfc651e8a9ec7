// main() of a fuzz target where there is no libFuzzer: plays all files of a folder, then damaged
// copies of them for a second, always the same ones in the same order. The input being played
// stands in the file <program>.input, so that what crashed can be given back: PROGRAM FOLDER
// [FILE...]. Fails without an input: damage to nothing comes near no valid one.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t kMaxInput = 64 * 1024;
constexpr auto kDamagedFor = std::chrono::seconds(1);

Input read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Writes each input over the one before, in a file that stays open: to make it anew each time costs
// some file systems milliseconds, which are most of the time there is.
class Player {
 public:
  explicit Player(const std::string& program)
      : name_(program + ".input"),
        record_(open(name_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;
  ~Player() { close(record_); }

  void play(const Input& input) const {
    if (pwrite(record_, input.data(), input.size(), 0) != static_cast<ssize_t>(input.size()) ||
        ftruncate(record_, static_cast<off_t>(input.size())) != 0) {
      std::perror(name_.c_str());
      std::exit(1);
    }
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  void end() const { std::filesystem::remove(name_); }

 private:
  std::string name_;
  int record_;
};

class Damage {
 public:
  explicit Damage(const std::vector<Input>& inputs) : inputs_(inputs) {}

  Input next() {
    Input input = inputs_[below(inputs_.size())];
    for (std::size_t times = 1 + below(4); times != 0; --times) {
      once(input);
    }
    input.resize(std::min(input.size(), kMaxInput));
    return input;
  }

 private:
  void once(Input& input) {
    const std::size_t at = below(input.size() + 1);
    const auto from = input.begin() + static_cast<std::ptrdiff_t>(at);
    const auto to =
        from + static_cast<std::ptrdiff_t>(below(std::min<std::size_t>(input.size() - at, 64) + 1));
    switch (below(5)) {
      case 0:  // one bit
        if (from != input.end()) {
          *from ^= static_cast<std::uint8_t>(1U << below(8));
        }
        break;
      case 1: {  // one byte, often one at an edge
        constexpr std::uint8_t kEdges[] = {0, 1, 0x7f, 0x80, 0xff, 0x1b, 0x3f, 0xc0};
        input.insert(from, below(2) == 0 ? kEdges[below(std::size(kEdges))]
                                         : static_cast<std::uint8_t>(below(256)));
        break;
      }
      case 2:
        input.erase(from, to);
        break;
      case 3: {  // the same again
        const Input part(from, to);
        input.insert(from, part.begin(), part.end());
        break;
      }
      default: {  // the end of another
        const Input& other = inputs_[below(inputs_.size())];
        input.erase(from, input.end());
        input.insert(input.end(),
                     other.begin() + static_cast<std::ptrdiff_t>(below(other.size() + 1)),
                     other.end());
      }
    }
  }
  std::size_t below(std::size_t limit) { return random_() % limit; }

  const std::vector<Input>& inputs_;
  std::mt19937_64 random_{1};
};

// The empty input is one, too. Ends the program when a name is not there, or a folder empty.
std::vector<Input> inputs_of(int count, char** names) {
  std::vector<std::filesystem::path> paths;
  for (const std::filesystem::path name : std::vector<std::string>(names, names + count)) {
    const std::size_t before = paths.size();
    if (std::filesystem::is_directory(name)) {
      for (const auto& entry : std::filesystem::directory_iterator(name)) {
        paths.push_back(entry.path());
      }
    } else if (std::filesystem::exists(name)) {
      paths.push_back(name);
    }
    if (paths.size() == before) {
      std::fprintf(stderr, "%s: no inputs there\n", name.c_str());
      std::exit(1);
    }
  }
  std::ranges::sort(paths);
  std::vector<Input> inputs = {{}};
  std::ranges::transform(paths, std::back_inserter(inputs), read);
  return inputs;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FOLDER [FILE...]\n", argv[0]);
    return 1;
  }
  const std::vector<Input> inputs = inputs_of(argc - 1, argv + 1);
  const Player player(argv[0]);
  for (const Input& input : inputs) {
    player.play(input);
  }
  Damage damage(inputs);
  std::size_t damaged = 0;
  const auto until = std::chrono::steady_clock::now() + kDamagedFor;
  for (; std::chrono::steady_clock::now() < until; ++damaged) {
    player.play(damage.next());
  }
  player.end();
  std::printf("%zu inputs, %zu damaged ones\n", inputs.size(), damaged);
  return 0;
}
