#include "config/value.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace runard::config {

boost::json::object word_or(std::string_view word, boost::json::object other) {
  boost::json::array choices;
  choices.push_back(boost::json::object{{"const", word}});
  choices.push_back(std::move(other));
  return {{"anyOf", std::move(choices)}};
}

}  // namespace runard::config
