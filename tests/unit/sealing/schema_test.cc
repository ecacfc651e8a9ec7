#include "sealing/schema.h"

#include <catch2/catch_test_macros.hpp>

#include "sealing/type_table.h"
#include "support/result_text.h"

namespace runard::sealing {
namespace {

std::string why(std::string_view schema) {
  const auto type = read_schema(1, "T", schema);
  return type ? std::string() : type.error().about;
}

TEST_CASE("A schema without labels makes a type with nothing private") {
  for (const std::string_view schema :
       {"", "true", "{}", R"({"properties":{"a":{"type":"string"}}})"}) {
    const auto type = read_schema(1, "T", schema);
    REQUIRE(type);
    CHECK(type->label_sets.empty());
  }
}

TEST_CASE("Labels are found in nested objects, lists, maps and alternatives") {
  const auto type = read_schema(7, "T", R"({"x-runar-owner":"id","properties":{
      "name":{"type":"string"},
      "email":{"x-runar-label":"user"},
      "address":{"properties":{"street":{"x-runar-label":["system","user","user"]}}},
      "items":{"type":"array","items":{"properties":{"price":{"x-runar-label":"system"}}}},
      "extra":{"additionalProperties":{"x-runar-label":"user"}},
      "maybe":{"anyOf":[{"properties":{"x":{"x-runar-label":"user"}}},{"type":"null"}]}}})");
  REQUIRE(type);
  CHECK(type->label_sets == std::vector<LabelSet>{{"user"}, {"system", "user"}, {"system"}});
  CHECK(type->owner == "id");
  const auto& members = type->root.members;
  CHECK_FALSE(members.contains("name"));
  CHECK(members.at("email")->labels == 0);
  CHECK(members.at("address")->members.at("street")->labels == 1);
  CHECK(members.at("items")->items->members.at("price")->labels == 2);
  CHECK(members.at("extra")->others->is_private());
  CHECK(members.at("maybe")->members.at("x")->is_private());
  CHECK_FALSE(members.at("maybe")->may_differ);
}

TEST_CASE("A label where runard does not look refuses the type") {
  CHECK(why(R"({"$defs":{"a":{"x-runar-label":"user"}}})").find("does not look") !=
        std::string::npos);
  CHECK(why(R"({"properties":{"a":{"x-runar-label":"user"},"b":{"$ref":"#/x"}}})")
            .find("does not look") != std::string::npos);
  CHECK(why(R"({"patternProperties":{"a":{"x-runar-label":"u"}},
                "properties":{"b":{"x-runar-label":"u"}}})")
            .find("does not look") != std::string::npos);
  CHECK(why(R"({"properties":{"default":{"x-runar-label":"u"}},
                "patternProperties":{"a":{"x-runar-label":"u"}}})")
            .find("does not look") != std::string::npos);
  CHECK(why(R"({"prefixItems":[{"x-runar-label":"u"}]})").find("does not look") !=
        std::string::npos);
}

TEST_CASE("A member may have any name, that of a keyword too") {
  for (const char* name : {"default", "enum", "const", "examples", "$ref", "properties"}) {
    INFO(name);
    CHECK(why(R"({"properties":{")" + std::string(name) + R"(":{"x-runar-label":"u"}}})").empty());
  }
}

TEST_CASE("What is no label refuses the type") {
  CHECK(why(R"({"x-runar-label":1})").find("x-runar-label is a name") != std::string::npos);
  CHECK(why(R"({"x-runar-label":""})").find("x-runar-label is a name") != std::string::npos);
  CHECK(why(R"({"x-runar-label":[]})").find("x-runar-label is a name") != std::string::npos);
  CHECK(why(R"({"x-runar-label":")" + std::string(65, 'a') + R"("})").find("a name") !=
        std::string::npos);
  CHECK(why(R"({"x-runar-owner":3,"x-runar-label":"a"})").find("x-runar-owner") !=
        std::string::npos);
  CHECK(why(R"({"properties":{"a":{"x-runar-label":"user")").find("not JSON") != std::string::npos);
  CHECK(why(R"({"anyOf":[{"x-runar-label":"a"},{"x-runar-label":"b"}]})").find("alternatives") !=
        std::string::npos);
}

TEST_CASE("Depth, size and the number of label sets are bounded") {
  std::string deep = R"({"x-runar-label":"u"})";
  for (int i = 0; i < 40; ++i) {
    deep = R"({"items":)" + deep + "}";
  }
  CHECK(why(deep).find("too deep") != std::string::npos);
  std::string sets = R"({"properties":{)";
  for (int i = 0; i < 17; ++i) {
    const std::string n = std::to_string(i);
    sets += (i > 0 ? ",\"p" : "\"p") + n + R"(":{"x-runar-label":"l)" + n + R"("})";
  }
  CHECK(why(sets + "}}").find("16 different sets") != std::string::npos);
}

TEST_CASE("A type with a label that the configuration does not name is refused") {
  TypeTable table;
  const LabelMap labels({{"user", {}}}, 1);
  CHECK(table.declare(1, "T", R"({"properties":{"a":{"x-runar-label":"user"}}})", labels));
  const auto refused =
      table.declare(2, "U", R"({"properties":{"a":{"x-runar-label":["user","usr"]}}})", labels);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == core::Errc::kTypeRefused);
  CHECK(refused.error().about.find("\"usr\" is not in encryption.labels") != std::string::npos);
  CHECK(table.find(1) != nullptr);
  CHECK(table.find(2) == nullptr);
}

}  // namespace
}  // namespace runard::sealing
