"""What the checks share: finding our C and C++ files, and reading them without comments and strings."""

import pathlib
import re

FOLDERS = ("daemon", "plugin-sdk", "plugins", "tests", "cmake")
SUFFIXES = {".h", ".hpp", ".c", ".cc", ".cpp"}

_NOT_CODE = re.compile(
    r"""//[^\n]*                                            # comment to the end of the line
      | /\*.*?\*/                                           # comment
      | R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"        # raw string
      | "(?:\\.|[^"\\\n])*"                                 # string
      | \b[\da-fA-FxX]+(?:'[\da-fA-F]+)+                    # number with separators, so that ' opens no character
      | '(?:\\.|[^'\\\n])+'                                 # character
    """,
    re.VERBOSE | re.DOTALL,
)


def files(root, folders=FOLDERS):
    """Our source files below the named folders of the checkout, sorted."""
    found = []
    for folder in folders:
        for path in (pathlib.Path(root) / folder).rglob("*"):
            if path.suffix in SUFFIXES and path.is_file():
                found.append(path)
    return sorted(found)


def code_of(text):
    """The text with comments, strings and characters blanked; every line keeps its number."""

    def blank(match):
        token = match[0]
        if token[0].isalnum() and token[0] != "R":
            return token
        inside = "".join(c if c == "\n" else " " for c in token[1:-1])
        return '"' + inside + '"' if token[0] in "\"'R" else " " + inside + " "

    return _NOT_CODE.sub(blank, text)


def include_lines(text):
    """(line number, header) of each #include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"][^>"]+)[>"]', line)
        if match:
            yield number, match[1][0], match[1][1:]
