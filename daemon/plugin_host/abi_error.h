// runar_err: where a plugin's failing call leaves its message (host->set_error).
#pragma once

#include <runar/plugin.h>

#include <string>

struct runar_err {
  runar_status code = RUNAR_OK;
  std::string message;
};
