#include <boost/json/src.hpp>  // the one place that compiles Boost.JSON
