// Schema: what a configuration may hold, said once. Everything else about keys is made from it.
#pragma once

#include "config/config.h"
#include "config/visitor.h"

namespace runard::config {

void describe(Visitor& v, Config& config);

// Sections with a file of their own.
void describe(Visitor& v, Transport& transport);
void describe(Visitor& v, Discovery& discovery);
void describe(Visitor& v, Identity& identity);
void describe(Visitor& v, Issuer& issuer);
void describe(Visitor& v, Encryption& encryption);
void describe(Visitor& v, Authorization& authorization);
void describe(Visitor& v, Balancing& balancing);
void describe(Visitor& v, Journal& journal);
void describe(Visitor& v, Plugins& plugins);

}  // namespace runard::config
