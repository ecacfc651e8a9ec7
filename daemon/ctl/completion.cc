#include "ctl/completion.h"

#include <algorithm>
#include <set>

#include "config/explain.h"
#include "core/errors.h"
#include "ctl/ask.h"
#include "ctl/command.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;

constexpr core::Duration kPatience = std::chrono::milliseconds(150);

// Where the words before the last one lead to.
struct Place {
  const CLI::App* app = nullptr;
  const CLI::Option* value_of = nullptr;  // the last word is this option's value
  std::size_t arguments = 0;              // without options, behind the command
  std::string socket;
};

const CLI::Option* find_option(const CLI::App& from, const std::string& name) {
  for (const CLI::App* app = &from; app != nullptr; app = app->get_parent()) {
    if (const CLI::Option* option = app->get_option_no_throw(name); option != nullptr) {
      return option;
    }
  }
  return nullptr;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

const CLI::App* find_command(const CLI::App& from, const std::string& name) {
  const auto found =
      from.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

Place walk(const CLI::App& app, const std::vector<std::string>& words) {
  Place place{&app, nullptr, 0, ""};
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (place.value_of != nullptr) {
      place.socket = place.value_of->check_name("--socket") ? word : place.socket;
      place.value_of = nullptr;
    } else if (word.starts_with('-') && word.size() > 1) {
      const std::size_t equals = word.find('=');
      const CLI::Option* option = find_option(*place.app, word.substr(0, equals));
      const bool is_next = equals == std::string::npos;
      if (option != nullptr && is_next && takes_value(*option)) {
        place.value_of = option;
      } else if (option != nullptr && !is_next && option->check_name("--socket")) {
        place.socket = word.substr(equals + 1);
      }
    } else if (const CLI::App* below = find_command(*place.app, word); below != nullptr) {
      place.app = below;
      place.arguments = 0;
    } else {
      ++place.arguments;
    }
  }
  return place;
}

// Of what kind the last word is: the type name of the option or argument that it is for.
std::string kind_of(const Place& place) {
  if (place.value_of != nullptr) {
    return place.value_of->get_type_name();
  }
  std::size_t left = place.arguments;
  for (const CLI::Option* option : place.app->get_options()) {
    if (option->get_positional() && left-- == 0) {
      return option->get_type_name();
    }
  }
  return "";
}

using Names = std::set<std::string>;

// As far as it is text: behind that the user goes on.
std::string up_to_name(const std::string& pattern) {
  return pattern.substr(0, std::min(pattern.find('{'), pattern.find_first_of("*>")));
}

Names known_to_daemon(const Session& session, const std::string& kind, bool with_network) {
  Names names;
  if (kind == value_name::kNetwork) {
    const auto hello = ask_quietly(session, "hello", kPatience);
    for (const json::value& network : hello ? hello->at("networks").as_array() : json::array{}) {
      names.insert(std::string(network.as_string()));
    }
    return names;
  }
  const auto nodes = ask_quietly(session, "nodes", kPatience);
  if (!nodes) {
    return names;
  }
  if (kind == value_name::kNode) {
    for (const json::value& node : nodes->at("nodes").as_array()) {
      names.insert(text_of(node.as_object(), "name"));
    }
    return names;
  }
  for (const json::value& row :
       kind == value_name::kAction ? action_rows(*nodes) : service_rows(*nodes)) {
    const std::string network = with_network ? text_of(row.as_object(), "network") + ":" : "";
    names.insert(network + up_to_name(text_of(row.as_object(), "path")));
  }
  return names;
}

Names values_of(const Session& session, const std::string& kind, const std::string& typed) {
  Names names;
  if (kind == value_name::kFormat) {
    return {"table", "json"};
  }
  if (kind == value_name::kShell) {
    return {"bash", "zsh", "fish"};
  }
  if (kind.starts_with(value_name::kEncoding)) {  // followed by what is checked
    return {"cbor", "json", "text", "raw"};
  }
  if (kind.starts_with(value_name::kLanguage)) {
    return {"c", "cpp"};
  }
  if (kind == value_name::kKey) {
    for (const config::KeyRow& row : config::key_table()) {
      names.insert(row.path);
    }
    return names;
  }
  if (kind == value_name::kCode) {
    for (const core::ErrorInfo& row : core::error_table()) {
      names.insert(core::code_text(row.code));
    }
    return names;
  }
  const bool is_asked = kind == value_name::kAction || kind == value_name::kService ||
                        kind == value_name::kNode || kind == value_name::kNetwork;
  const bool with_network = typed.find(':') != std::string::npos;
  return is_asked ? known_to_daemon(session, kind, with_network) : names;
}

Names options_of(const CLI::App& from) {
  Names names;
  for (const CLI::App* app = &from; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        names.insert("--" + name);
      }
    }
  }
  return names;
}

Names commands_of(const CLI::App& app) {
  Names names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (is_shown(*sub)) {
      names.insert(sub->get_name());
    }
  }
  return names;
}

}  // namespace

std::vector<std::string> split_line(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool is_open = false;  // a word has begun, though it may be empty
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word += line[++i];
      is_open = true;
    } else if (quote != 0 ? c == quote : c == '\'' || c == '"') {
      quote = quote == 0 ? c : '\0';
      is_open = true;
    } else if (quote == 0 && (c == ' ' || c == '\t')) {
      if (is_open) {
        words.push_back(std::exchange(word, {}));
      }
      is_open = false;
    } else {
      word += c;
      is_open = true;
    }
  }
  words.push_back(std::move(word));
  return words;
}

std::vector<std::string> complete(const CLI::App& app, const std::vector<std::string>& words,
                                  Session& session) {
  Place place = walk(app, words);
  std::string typed = words.empty() ? "" : words.back();
  std::string before;  // "--node=" of "--node=ed"
  const std::size_t equals = typed.find('=');
  if (place.value_of == nullptr && typed.starts_with("--") && equals != std::string::npos) {
    place.value_of = find_option(*place.app, typed.substr(0, equals));
    before = typed.substr(0, equals + 1);
    typed = typed.substr(equals + 1);
  }
  session.socket = place.socket.empty() ? session.socket : place.socket;
  Names names;
  if (place.value_of == nullptr && before.empty() && typed.starts_with('-')) {
    names = options_of(*place.app);
  } else if (const Names commands = commands_of(*place.app);
             place.value_of == nullptr && !commands.empty()) {
    names = commands;
  } else {
    names = values_of(session, kind_of(place), typed);
  }
  std::vector<std::string> found;
  for (const std::string& name : names) {
    if (name.starts_with(typed)) {
      found.push_back(before + name);
    }
  }
  return found;
}

std::string_view completion_script(std::string_view shell) {
  if (shell == "bash") {
    return R"SCRIPT(# runarctl's completion for bash: source <(runarctl completion bash)
_runarctl() {
  local line=${COMP_LINE:0:COMP_POINT} word found
  COMPREPLY=()
  while IFS= read -r found; do
    COMPREPLY+=("$found")
  done < <("${COMP_WORDS[0]}" complete-line "$line" 2>/dev/null)
  # bash itself breaks words at ':' and '=', and replaces only what is behind the last of them.
  word=${line##*[[:space:]]}
  word=${word%"${word##*[:=]}"}
  COMPREPLY=("${COMPREPLY[@]#"$word"}")
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace
  return 0
}
complete -o default -F _runarctl runarctl
)SCRIPT";
  }
  if (shell == "zsh") {
    return R"SCRIPT(#compdef runarctl
# runarctl's completion for zsh: source <(runarctl completion zsh)
_runarctl() {
  local -a found
  found=(${(f)"$(${words[1]} complete-line "${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)"})
  if (( ${#found} )); then
    compadd -a found
  else
    _files
  fi
}
if [[ ${funcstack[1]} == _runarctl ]]; then
  _runarctl "$@"
else
  compdef _runarctl runarctl
fi
)SCRIPT";
  }
  if (shell == "fish") {
    return R"SCRIPT(# runarctl's completion for fish: runarctl completion fish | source
function __runarctl_complete
  set -l found (runarctl complete-line (commandline -cp) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c runarctl -f -a '(__runarctl_complete)'
)SCRIPT";
  }
  return "";
}

}  // namespace runard::ctl
