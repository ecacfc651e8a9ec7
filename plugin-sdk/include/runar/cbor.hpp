// runar/cbor.hpp: CBOR (RFC 8949) for plugins: a zero-copy reader with limits, a canonical writer.
// Standard library only. JSON text to and from CBOR is in runar/json.hpp.
#pragma once

#include <runar/cbor/error.hpp>
#include <runar/cbor/reader.hpp>
#include <runar/cbor/writer.hpp>
