// The table of schema.h as JSON Schema (draft 2020-12). Source: json-schema.org.
#include <nlohmann/json.hpp>

#include "config/schema.h"
#include "slod/config/load.h"

// NOLINTBEGIN(misc-no-recursion): the schema table is a tree without cycles.
namespace slod::config {

namespace {

using Json = nlohmann::ordered_json;

Json schema_of(const Type& type);

Json pattern(const char* text) {
  return {{"type", "string"}, {"pattern", text}};
}

Json bounded(const char* json_type, const Type& type) {
  Json schema = {{"type", json_type}};
  if (type.low > -std::numeric_limits<double>::infinity()) schema["minimum"] = type.low;
  if (type.high < std::numeric_limits<double>::infinity()) schema["maximum"] = type.high;
  return schema;
}

Json schema_of_scalar(const Type& type) {
  switch (type.scalar) {
    case Scalar::kWord:
      return {{"enum", std::vector<std::string>(type.words.begin(), type.words.end())}};
    case Scalar::kBool:
      return {{"type", "boolean"}};
    case Scalar::kInt:
      return bounded("integer", type);
    case Scalar::kNumber:
      return bounded("number", type);
    case Scalar::kPercent:
      return {{"type", "number"}, {"minimum", 0}, {"maximum", 100}, {"multipleOf", 0.0001}};
    case Scalar::kDuration:
      return pattern("^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d|w))+$");
    case Scalar::kBytes:
      return pattern("^[0-9]+(\\.[0-9]+)? ?([kKMGT]B|[KMGT]iB|B)$");
    case Scalar::kName:
      return pattern("^[A-Za-z0-9_.:-]{1,100}$");
    case Scalar::kListen:
      return pattern(":[0-9]{1,5}$");
    case Scalar::kCondition:
      return pattern("^(<=|>=|==|!=|<|>) *-?[0-9.eE+-]+$");
    case Scalar::kQuarters:
      return pattern("^[0-9]{1,2}[Qq]$");
    case Scalar::kStatus:
      return {{"type", {"string", "integer"}}, {"pattern", "^([1-5]xx|[0-9]{1,3}(-[0-9]{1,3})?)$"}};
    case Scalar::kAnyText:
      return {{"type", {"string", "number", "boolean"}}};
    case Scalar::kText:
      return {{"type", {"string", "number", "boolean"}}, {"minLength", 1}};
    default:
      return {{"type", "string"}, {"minLength", 1}};
  }
}

Json schema_of(const Object& object) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : object.fields) {
    if (field.later) continue;
    Json entry = schema_of(*field.type);
    std::string doc(field.doc);
    if (!field.fallback.empty()) doc += " (default: " + std::string(field.fallback) + ")";
    entry["description"] = doc;
    properties[std::string(field.key)] = std::move(entry);
    if (field.required) required.push_back(field.key);
  }
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = object.others != nullptr ? schema_of(*object.others) : Json(false);
  return schema;
}

Json schema_of(const Type& type) {
  std::vector<Json> forms;
  if (type.scalar != Scalar::kNone) forms.push_back(schema_of_scalar(type));
  if (type.each != nullptr) forms.push_back({{"type", "array"}, {"items", schema_of(*type.each)}});
  if (type.object != nullptr) forms.push_back(schema_of(*type.object));
  if (type.values != nullptr) {
    forms.push_back({{"type", "object"}, {"additionalProperties", schema_of(*type.values)}});
  }
  if (forms.size() == 1) return forms.front();
  return {{"anyOf", forms}};
}

}  // namespace

std::string json_schema() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "slod configuration"}};
  schema.update(schema_of(root_object()));
  return schema.dump(2) + "\n";
}

}  // namespace slod::config
// NOLINTEND(misc-no-recursion)
