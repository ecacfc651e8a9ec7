// runarctl plugin new: the beginning of a plugin, from the SDK's templates.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <memory>

#include "ctl/command.h"
#include "identity/durable_file.h"

namespace runard::ctl {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using core::Errc;

constexpr std::string_view kPlaceholder = "@NAME@";
constexpr mode_t kSourceMode = 0644;

struct NewOptions {
  std::string name;
  std::string language = "cpp";
  std::string out;        // "": the name
  std::string templates;  // "": where the SDK is installed
};

// It becomes a file's name, a CMake target, a service type and a path's segment.
bool is_plugin_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= 63 && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

std::string filled_in(std::string text, const std::string& name) {
  for (auto at = text.find(kPlaceholder); at != std::string::npos;
       at = text.find(kPlaceholder, at + name.size())) {
    text.replace(at, kPlaceholder.size(), name);
  }
  return text;
}

// Beside the installed programs, or, when run from where it was built, in the sources.
core::Result<fs::path> find_templates(const Session& session, const NewOptions& options) {
  std::vector<fs::path> places = {options.templates};
  if (options.templates.empty()) {
    const fs::path bin = session.program_folder;
    places = {bin / "../share/runar/templates", bin / "../../../plugin-sdk/templates"};
  }
  std::error_code ignored;
  for (const fs::path& place : places) {
    if (fs::is_directory(place / options.language, ignored)) {
      return place / options.language;
    }
  }
  return core::fail(Errc::kNotFound, fmt::format("no templates of the SDK at {}",
                                                 places.front().lexically_normal().string()));
}

core::Result<json::array> write_all(Session& session, const fs::path& from, const fs::path& to,
                                    const std::string& name) {
  std::error_code error;
  fs::create_directories(to, error);
  if (error) {
    return identity::system_error(to, "mkdir", error.value());
  }
  std::vector<fs::path> sources;
  for (const fs::directory_entry& entry : fs::directory_iterator(from, error)) {
    sources.push_back(entry.path());
  }
  std::ranges::sort(sources);
  json::array files;
  for (const fs::path& source : sources) {
    const auto text = identity::read_file(source);
    if (!text) {
      return text.error();
    }
    const fs::path file = to / filled_in(source.filename().string(), name);
    const std::string content = filled_in(*text, name);
    const auto written =
        identity::write_durably(session.disk, file, core::as_bytes(content), kSourceMode);
    if (!written) {
      return written.error();
    }
    files.emplace_back(file.string());
  }
  return files;
}

int make_new(Session& session, const NewOptions& options) {
  if (!is_plugin_name(options.name)) {
    return session.fail(
        core::fail(Errc::kUsage, fmt::format("\"{}\" is no name for a plugin", options.name)),
        {"Write up to 63 letters, digits, - or _, beginning with a letter.", {}, {}});
  }
  const auto templates = find_templates(session, options);
  if (!templates) {
    return session.fail(
        templates.error(),
        {"Install the SDK (package runar-plugin-sdk), or name them: --templates DIR.", {}, {}});
  }
  const fs::path folder = options.out.empty() ? options.name : options.out;
  std::error_code ignored;
  if (fs::exists(folder, ignored)) {
    return session.fail(core::fail(Errc::kConflict, folder.string() + ": it exists already"));
  }
  const auto files = write_all(session, *templates, folder, options.name);
  if (!files) {
    return session.fail(files.error());
  }
  session.print("plugin", {{"name", options.name},
                           {"language", options.language},
                           {"folder", folder.string()},
                           {"files", *files}});
  session.say(
      fmt::format("Next: cmake -S {0} -B {0}/build && cmake --build {0}/build", folder.string()));
  return kExitOk;
}

}  // namespace

void add_plugin_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& plugin = group(app, "plugin", "Plugins: the files that bring services");
  const auto options = std::make_shared<NewOptions>();
  CLI::App& made =
      command(plugin,
              {"new", "Begins a plugin: a folder with sources that build and run",
               "runarctl plugin new greeter --lang cpp"},
              context, [options](Session& session) { return make_new(session, *options); });
  made.add_option("name", options->name, "Its name, and that of its service")
      ->required()
      ->type_name(value_name::kText);
  made.add_option("--lang", options->language, "cpp or c")
      ->check(CLI::IsMember({"cpp", "c"}))
      ->type_name(value_name::kLanguage)
      ->capture_default_str();
  made.add_option("--out", options->out, "The folder to make; left out: the name")
      ->type_name(value_name::kFolder);
  made.add_option("--templates", options->templates, "The SDK's templates, if they lie elsewhere")
      ->type_name(value_name::kFolder);
}

}  // namespace runard::ctl
