#include "ctl/inspect.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <filesystem>

#include "identity/authority.h"
#include "identity/bundle.h"
#include "identity/certificate.h"
#include "identity/fingerprint.h"
#include "identity/profile.h"
#include "identity/time_text.h"
#include "keys/node_request.h"

namespace runard::ctl {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kRequestMark = "-----BEGIN CERTIFICATE REQUEST-----";
constexpr std::string_view kNetworksMark = "-----BEGIN RUNARD NETWORKS-----";
constexpr std::string_view kAnyMark = "-----BEGIN ";
constexpr const char* kWhatToGive =
    "Give it a request, a bundle, one certificate or a CA's folder.";

json::array names_of(const std::vector<identity::NetworkDescriptor>& networks) {
  json::array names;
  for (const identity::NetworkDescriptor& network : networks) {
    names.emplace_back(network.name);
  }
  return names;
}

json::value value_of(const core::Result<std::vector<std::string>>& texts) {
  return texts ? json::value_from(*texts) : json::value(describe(texts.error()));
}

int show_folder(Session& session, const std::string& folder) {
  const auto certificate = identity::Authority::certificate_in(folder);
  if (!certificate) {
    return session.fail(certificate.error());
  }
  const auto networks = identity::Authority::networks_in(folder);
  if (!networks) {
    return session.fail(networks.error());
  }
  const auto issued = identity::Authority::issued_in(folder).read();
  if (!issued) {
    return session.fail(issued.error());
  }
  session.print("ca", {{"name", certificate->common_name()},
                       {"fingerprint", identity::fingerprint_text(*certificate)},
                       {"not_before", identity::time_text(certificate->not_before())},
                       {"not_after", identity::time_text(certificate->not_after())},
                       {"networks", names_of(*networks)},
                       {"issued", issued->size()},
                       {"folder", folder}});
  return kExitOk;
}

int show_request(Session& session, const std::string& text, const std::string& file) {
  const auto asked = keys::NodeRequest::from_pem(text);
  if (!asked) {
    return session.fail(
        core::fail(asked.error().code, fmt::format("{}: {}", file, asked.error().about)));
  }
  session.print("request", {{"node", identity::node_id_of(asked->request.public_key()).text()},
                            {"wished_name", asked->request.common_name()},
                            {"signature", "good"}});
  return kExitOk;
}

int show_bundle(Session& session, const std::string& text, const std::string& file) {
  const auto bundle = identity::Bundle::parse(text);
  if (!bundle) {
    return session.fail(
        core::fail(bundle.error().code, fmt::format("{}: {}", file, bundle.error().about)));
  }
  json::object record = describe_certificate(bundle->certificate, bundle->networks.networks());
  json::array roots;
  for (const crypto::Certificate& root : bundle->roots) {
    roots.emplace_back(identity::fingerprint_text(root));
  }
  record["ca_fingerprint"] = roots;
  const auto checked = identity::check_bundle(*bundle, session.clock.wall());
  record["problem"] = checked ? json::value(nullptr) : json::value(describe(checked.error()));
  session.print("bundle", record);
  if (!checked) {
    return session.fail(checked.error());
  }
  session.say(
      "This says that the bundle is whole, not that the CA is yours: compare its "
      "fingerprint on the CA's machine.");
  return kExitOk;
}

int show_certificate(Session& session, const std::string& text, const std::string& file) {
  const auto certificate = crypto::Certificate::from_pem(text);
  if (!certificate) {
    return session.fail(core::fail(certificate.error().code,
                                   fmt::format("{}: {}", file, certificate.error().about)),
                        {kWhatToGive, {}, {}});
  }
  json::object record = describe_certificate(*certificate, {});
  record.stable_erase(record.find("networks"));
  record["ca"] = certificate->is_authority();
  record["fingerprint"] = identity::fingerprint_text(*certificate);
  session.print("certificate", record);
  return kExitOk;
}

}  // namespace

json::object describe_certificate(const crypto::Certificate& certificate,
                                  const std::vector<identity::NetworkDescriptor>& networks) {
  const auto key = certificate.public_key();
  json::value node;
  if (key && !certificate.is_authority()) {
    node = identity::node_id_of(*key).text();
  }
  return {{"name", certificate.common_name()},
          {"node", node},
          {"networks", names_of(networks)},
          {"groups", value_of(identity::groups_of(certificate.native()))},
          {"node_labels", value_of(identity::node_labels_of(certificate.native()))},
          {"serial", certificate.serial()},
          {"not_before", identity::time_text(certificate.not_before())},
          {"not_after", identity::time_text(certificate.not_after())}};
}

int inspect(Session& session, const std::string& file) {
  std::error_code ignored;
  if (file != "-" && fs::is_directory(file, ignored)) {
    return show_folder(session, file);
  }
  const auto text = session.read(file);
  if (!text) {
    return session.fail(text.error());
  }
  if (text->find(kRequestMark) != std::string::npos) {
    return show_request(session, *text, file);
  }
  if (text->find(kNetworksMark) != std::string::npos) {
    return show_bundle(session, *text, file);
  }
  if (text->find(kAnyMark) == std::string::npos) {
    return session.fail(
        core::fail(core::Errc::kInvalidArgument,
                   fmt::format("{}: neither a request nor a bundle nor a certificate", file)),
        {kWhatToGive, {}, {}});
  }
  return show_certificate(session, *text, file);
}

}  // namespace runard::ctl
