// Errors: every expected failure of runard is an Errc with a stable number, a kind and a text for
// people.
//
// The number is what users see ("RUNAR-E1101"), what `runarctl explain` looks up and what the wire
// carries; it is never reused. Error::about names the thing concerned (a path, a peer, a file) and
// is safe to log: it never holds key material. The table is error_table.cc.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

namespace runard::core {

// What a caller has to do differently; `runarctl` maps it to its exit code (DESIGN section 9).
enum class Kind : std::uint8_t {
  kNoService,      // no such service or action
  kNoEndpoint,     // known, but nobody can take it now
  kInvalidParams,  // the input can never succeed
  kDenied,
  kTimeout,
  kCancelled,
  kUnavailable,  // try again later or elsewhere
  kOverloaded,
  kTooLarge,
  kConflict,
  kInternal,
  kApplication,  // the service's own code stands in Error::app_code
};

// Whether the work asked for was carried out.
enum class Executed : std::uint8_t { kUnknown = 0, kNo = 1, kYes = 2 };

enum class Errc : std::uint16_t {
  // 10xx general
  kInternal = 1001,
  kInvalidArgument = 1002,
  kNotInThisVersion = 1003,
  kConflict = 1004,
  kNotFound = 1005,
  kOutOfMemory = 1006,
  // 11xx finding a provider
  kNoService = 1101,
  kNoAction = 1102,
  kNoEndpoint = 1103,
  kServicePaused = 1104,
  kServiceStopping = 1105,
  kProviderLost = 1106,
  kServiceStuck = 1107,
  kServiceUnavailable = 1108,
  // 12xx carrying a request
  kDeadlineExceeded = 1201,
  kCancelled = 1202,
  kOverloaded = 1203,
  kTooLarge = 1204,
  kDraining = 1205,
  // 13xx what the caller sent, what the handler said
  kInvalidParams = 1301,
  kDenied = 1302,
  kApplication = 1303,
  kHandlerFailed = 1304,
  kHandlerAbandoned = 1305,
  kWouldDeadlock = 1306,
  // 14xx topics
  kBadTopic = 1401,
  kBadPattern = 1402,
  kMissingParam = 1403,
  kReservedPath = 1404,
  kDuplicatePath = 1405,
  // 2xxx configuration
  kConfigUnreadable = 2001,
  kConfigSyntax = 2002,
  kConfigInvalid = 2003,
  // 3xxx plugins
  kPluginUnreadable = 3001,
  kPluginBadManifest = 3002,
  kPluginLoadFailed = 3003,
  kPluginIncompatible = 3004,
  kPluginNoType = 3005,
  kServicePhaseFailed = 3101,
  kServicePhaseTimeout = 3102,
  kServiceWrongState = 3103,
  // 4xxx identity
  kIdentityMissing = 4001,
  kIdentityUnreadable = 4002,
  kCertificateInvalid = 4003,
  kCertificateExpired = 4004,
  kCertificateUntrusted = 4005,
  kCertificateMismatch = 4006,
  kCaMissing = 4007,
  kFileMode = 4008,
  kCertificateNotYetValid = 4009,
  kCertificatePurpose = 4010,
  kCertificateNodeUri = 4011,
  kCertificateNodeId = 4012,
  kCertificateNoNetworks = 4013,
  kCertificateBadNetworks = 4014,
  kCertificateTooManyNetworks = 4015,
  kNodeDenied = 4016,
  kBundleInvalid = 4017,
  kRequestInvalid = 4018,
  kFingerprintMismatch = 4019,
  kCertificateBadGroups = 4020,
  kStatementInvalid = 4030,
  kStatementUntrusted = 4031,
  kStatementOlder = 4032,
  kStatementConflict = 4033,
  kStatementFuture = 4034,
  kStatementsFull = 4035,
  kClockBehind = 4036,
  // 41xx keystore
  kKeystoreMissing = 4101,
  kKeystoreDamaged = 4102,
  kKeystoreLocked = 4103,
  kKeystoreUnsupported = 4104,
  kKeystoreKek = 4105,
  // 42xx enrolment
  kTokenInvalid = 4201,
  kTokenExpired = 4202,
  kEnrolmentRefused = 4203,
  kEnrolmentDenied = 4204,
  kEnrolmentExpired = 4205,
  kRenewalRefused = 4206,
  // 5xxx links and wire
  kLinkLost = 5001,
  kHandshakeFailed = 5002,
  kProtocol = 5003,
  kMalformedFrame = 5004,
  kVersionMismatch = 5005,
  kNoCommonNetwork = 5006,
  kSelfDial = 5007,
  kDuplicateLink = 5008,
  kBackpressure = 5009,
  kNoAnswer = 5010,
  // 6xxx discovery and mesh
  kAddressUnusable = 6001,
  kAddressInUse = 6002,
  kMulticastUnavailable = 6003,
  // 7xxx control socket and command line
  kDaemonUnreachable = 7001,
  kUsage = 7002,
  kStateLocked = 7003,
  // 8xxx envelopes
  kEnvelopeMalformed = 8001,
  kEnvelopeLimit = 8002,
  kEnvelopeUnsupported = 8003,
  kEnvelopeContext = 8004,
  kEnvelopeStanza = 8005,
  kEnvelopeCommitment = 8006,
  kEnvelopeRecipients = 8007,
  kEnvelopeCiphertext = 8008,
  kEnvelopeFields = 8009,
  kEnvelopeSignature = 8010,
  kEnvelopeReplayed = 8011,
  kEnvelopeStale = 8012,
  // 81xx keys
  kKeyringInvalid = 8101,
  kKeyringOlder = 8102,
  kKeyMissing = 8103,
  kAgreementKeyInvalid = 8104,
  kProfileInvalid = 8105,
  kStoredSecretInvalid = 8106,
  // 82xx private fields of messages
  kRecipientNotAuthorised = 8201,
  kKekUnknown = 8202,
  kPeerCannotOpen = 8203,
  kTypeRefused = 8204,
  kNotOfItsType = 8205,
  kSealedRefused = 8206,
  // 9xxx operating system
  kSystem = 9001,
};

// One row of the table that `runarctl explain` prints.
struct ErrorInfo {
  Errc code;
  Kind kind;
  std::string_view name;     // "NO_SERVICE"
  std::string_view meaning;  // one sentence: what happened
  std::string_view remedy;   // one sentence: what to do about it
};

std::span<const ErrorInfo> error_table();
// Never fails: a number that this version does not know (a newer peer's) reads as kInternal's row.
const ErrorInfo& info(Errc code);
// "RUNAR-E1101"
std::string code_text(Errc code);
std::string_view kind_text(Kind kind);

struct Error {
  Errc code = Errc::kInternal;
  std::string about;
  Executed executed = Executed::kUnknown;
  std::int32_t app_code = 0;  // only with Errc::kApplication

  friend bool operator==(const Error&, const Error&) = default;
};

std::string_view executed_text(Executed executed);

// What happened, in words. An `about` that is only a name (no blank in it) is followed by what the
// code means: "main:math: The service is paused and takes no requests."
std::string sentence(Errc code, std::string_view about);
std::string sentence(const Error& error);
// "no service \"maths\" in network \"main\" [RUNAR-E1101 NO_SERVICE]"
std::string describe(const Error& error);
std::ostream& operator<<(std::ostream& out, const Error& error);

}  // namespace runard::core
