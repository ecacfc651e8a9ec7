// Session: what a command of runarctl works with: streams, the world around, the global options.
//
// Data goes to `out`, talk to `err`. With -o json the data is one document with a "schema", and an
// error is one too, on `err`. A command ends in one of the exit codes of ExitCode.
// Threading: one thread.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "identity/disk.h"

namespace runard::ctl {

// DESIGN section 9; scripts rely on them.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitUnreachable = 3,
  kExitNotFound = 4,
  kExitTimeout = 5,
  kExitDenied = 6,
  kExitConflict = 7,
  kExitPartial = 8,
};
ExitCode exit_code(const core::Error& error);

enum class Output { kTable, kJson };

// What helps with an error, besides what the error table says.
struct Advice {
  std::string remedy;                     // what to do; "": the error table's
  std::vector<std::string> did_you_mean;  // names that were probably meant
  std::vector<std::string> facts;         // what is known about it: whole sentences
};

struct MadeText {
  std::string_view key;  // in the record
  std::string_view text;
  std::string_view file;  // "-": none
};

struct Session {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const core::Clock& clock;
  core::Random& random;
  identity::Disk& disk;
  // The environment, which only main() may ask.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::string version = "unknown";   // of this program
  std::string program_folder = ".";  // where this program lies
  std::string command = "runarctl";  // that is being run: "runarctl node ls"

  // Global options; the command line sets them before a command runs.
  Output output = Output::kTable;
  std::string socket = "/run/runard/control.sock";
  bool quiet = false;   // no talk; errors are not talk
  bool colour = false;  // `err` is a terminal that may show it
  bool asks = false;    // `in` and `err` are a terminal: somebody is there to answer

  bool json() const { return output == Output::kJson; }

  // One thing. JSON: its fields after "schema": "runar.KIND.v1". For people: "key  value" lines;
  // nested objects and lists of them are left to print_list.
  void print(std::string_view kind, const boost::json::object& record);
  // One thing that is a text for another machine: written to its file, which everybody may read and
  // the record then names; for "-" the text goes into the JSON record, or, for people, stands
  // alone.
  core::Result<void> print_made(std::string_view kind, boost::json::object record,
                                const MadeText& made);
  // Many things of one kind. JSON: {"schema", KEY: [...]}. For people: a table of `columns`.
  void print_list(std::string_view kind, std::string_view key, const boost::json::array& rows,
                  const std::vector<std::string>& columns);
  // A line of talk; none with JSON, where only an error's document goes to `err`.
  void say(std::string_view line);

  // Tells of an error: what, its code, whether it was executed, what helps; with JSON all of
  // `details` (as a daemon sent them) too. Gives the exit code.
  int fail(const core::Error& error, const Advice& advice = {},
           const boost::json::object& details = {});

  // All of a file, or of `in` for "-". At most identity::kMaxSmallFile.
  core::Result<std::string> read(const std::string& file);
  core::Result<std::string> read(const std::string& file, std::size_t limit);
  // A file that everybody may read, durably.
  core::Result<void> write(const std::string& file, std::string_view text);
};

}  // namespace runard::ctl
