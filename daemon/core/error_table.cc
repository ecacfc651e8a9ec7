// The one table of all errors. Numbers are never reused; a row goes into its hundred, in order.
#include <algorithm>

#include "core/errors.h"

namespace runard::core {
namespace {

using enum Errc;

constexpr ErrorInfo kTable[] = {
    {kInternal, Kind::kInternal, "INTERNAL", "runard met a situation it has no answer for.",
     "Look at the daemon's log around this time and report it."},
    {kInvalidArgument, Kind::kInvalidParams, "INVALID_ARGUMENT",
     "An argument can never be accepted.", "Correct the argument that the message names."},
    {kNotInThisVersion, Kind::kInvalidParams, "NOT_IN_THIS_VERSION",
     "The setting or command is documented but does not work in this version yet.",
     "Leave it out, or use a newer runard."},
    {kConflict, Kind::kConflict, "CONFLICT", "Something of that name exists already.",
     "Use another name, or remove the other one first."},
    {kNotFound, Kind::kNoService, "NOT_FOUND", "There is nothing of that name.",
     "List what there is and check the spelling."},
    {kOutOfMemory, Kind::kOverloaded, "OUT_OF_MEMORY", "Memory for this work could not be had.",
     "Raise limits.memory, or lower the load."},

    {kNoService, Kind::kNoService, "NO_SERVICE", "No node of this network offers the service.",
     "Check the path with 'runarctl service ls'; is the plugin loaded and its node reachable?"},
    {kNoAction, Kind::kNoService, "NO_ACTION", "The service exists but has no such action.",
     "See 'runarctl action ls' for what it offers."},
    {kNoEndpoint, Kind::kNoEndpoint, "NO_ENDPOINT",
     "The action is known, but no provider could take the call.",
     "See 'runarctl service info' for the state of each provider."},
    {kServicePaused, Kind::kUnavailable, "SERVICE_PAUSED",
     "The service is paused and takes no requests.", "Resume it with 'runarctl service resume'."},
    {kServiceStopping, Kind::kUnavailable, "SERVICE_STOPPING",
     "The service is stopping or has failed.", "See 'runarctl service info' for its state."},
    {kProviderLost, Kind::kUnavailable, "PROVIDER_LOST",
     "The provider's node was lost before it answered.",
     "Retry if the action is idempotent: the work may have been done."},

    {kDeadlineExceeded, Kind::kTimeout, "DEADLINE_EXCEEDED",
     "The deadline passed before an answer came.",
     "Give the call more time, or find what is slow with 'runarctl service info'."},
    {kCancelled, Kind::kCancelled, "CANCELLED", "The caller gave up before an answer came.",
     "Nothing to do; the work may run on for a moment."},
    {kOverloaded, Kind::kOverloaded, "OVERLOADED", "A queue or limit was full.",
     "Retry later, add a provider, or raise the limit that the message names."},
    {kTooLarge, Kind::kTooLarge, "TOO_LARGE", "The message is larger than limits.payload allows.",
     "Send less at once, or raise limits.payload on both nodes."},
    {kDraining, Kind::kUnavailable, "DRAINING", "The node is stopping and takes no new work.",
     "Retry: another provider may take it."},

    {kInvalidParams, Kind::kInvalidParams, "INVALID_PARAMS",
     "The action can't take these parameters.", "See 'runarctl action info' for what it takes."},
    {kDenied, Kind::kDenied, "DENIED", "The caller is not allowed to do this.",
     "Ask the operator for permission; the audit log names the rule."},
    {kApplication, Kind::kApplication, "APPLICATION",
     "The service answered with an error of its own.",
     "See the service's documentation for its code."},
    {kHandlerFailed, Kind::kInternal, "HANDLER_FAILED", "The service's handler threw an exception.",
     "Look at the service's log; this is a defect of the plugin."},
    {kHandlerAbandoned, Kind::kInternal, "HANDLER_ABANDONED",
     "The handler dropped the request without an answer.",
     "This is a defect of the plugin: each request has to be answered once."},
    {kWouldDeadlock, Kind::kUnavailable, "WOULD_DEADLOCK", "The call would wait for itself.",
     "Call without blocking the strand, or flag the action PARALLEL."},

    {kBadTopic, Kind::kInvalidParams, "BAD_TOPIC", "The text is not a topic path.",
     "Write [network:]segment/segment, at most 32 segments and 1 KiB of UTF-8."},
    {kBadPattern, Kind::kInvalidParams, "BAD_PATTERN", "The text is not a topic pattern.",
     "Use * for one segment, > only as the last, {name} for a captured one."},
    {kMissingParam, Kind::kInvalidParams, "MISSING_PARAM", "A template's parameter has no value.",
     "Give a value to each {name} of the template."},
    {kReservedPath, Kind::kDenied, "RESERVED_PATH", "Paths that begin with $ belong to the system.",
     "Choose a path without the $."},
    {kDuplicatePath, Kind::kConflict, "DUPLICATE_PATH",
     "The path is registered on this node already.",
     "Mount the service elsewhere, or remove the other one."},

    {kConfigUnreadable, Kind::kInvalidParams, "CONFIG_UNREADABLE",
     "The configuration file can't be read.", "Check the path and its permissions."},
    {kConfigSyntax, Kind::kInvalidParams, "CONFIG_SYNTAX",
     "The configuration file is not valid YAML.", "Correct the line that the message names."},
    {kConfigInvalid, Kind::kInvalidParams, "CONFIG_INVALID",
     "A setting is unknown or has a wrong value.",
     "Correct it as the message says; config/runard.yaml explains every key."},

    {kPluginUnreadable, Kind::kInvalidParams, "PLUGIN_UNREADABLE", "The plugin file can't be read.",
     "Check that the file exists and that runard may read it."},
    {kPluginBadManifest, Kind::kInvalidParams, "PLUGIN_BAD_MANIFEST",
     "The file is not a runard plugin: its manifest note is missing or wrong.",
     "Build it with runar_add_plugin() and a RUNAR_MANIFEST."},
    {kPluginLoadFailed, Kind::kInvalidParams, "PLUGIN_LOAD_FAILED",
     "The plugin could not be loaded.",
     "The message holds what the loader said; often a library is missing."},
    {kPluginIncompatible, Kind::kInvalidParams, "PLUGIN_INCOMPATIBLE",
     "The plugin needs a newer runard, or another ABI.", "Update runard, or rebuild the plugin."},
    {kPluginNoType, Kind::kInvalidParams, "PLUGIN_NO_TYPE",
     "The plugin has no service type of that name.",
     "Name one of the types that the message lists."},
    {kServicePhaseFailed, Kind::kUnavailable, "SERVICE_PHASE_FAILED",
     "A service failed to initialise, start or stop.",
     "The message holds what the service said; see its log."},
    {kServicePhaseTimeout, Kind::kUnavailable, "SERVICE_PHASE_TIMEOUT",
     "A service did not finish a lifecycle phase in time.",
     "Find what blocks it, or give the phase more time."},
    {kServiceWrongState, Kind::kConflict, "SERVICE_WRONG_STATE",
     "The service's state does not allow this.", "See 'runarctl service info' for its state."},

    {kIdentityMissing, Kind::kInvalidParams, "IDENTITY_MISSING",
     "This node has no identity or certificate yet.",
     "Make one: runarctl node init, node csr, ca sign, node install."},
    {kIdentityUnreadable, Kind::kInvalidParams, "IDENTITY_UNREADABLE",
     "The node's key or certificate can't be read.",
     "Restore the file that the message names from a backup; never edit it."},
    {kCertificateInvalid, Kind::kDenied, "CERTIFICATE_INVALID",
     "A certificate is not one that this mesh uses.", "Issue it with 'runarctl ca sign'."},
    {kCertificateExpired, Kind::kDenied, "CERTIFICATE_EXPIRED",
     "A certificate's time is over or has not begun.", "Sign a new one; check both clocks."},
    {kCertificateUntrusted, Kind::kDenied, "CERTIFICATE_UNTRUSTED",
     "A certificate was not issued by this mesh's CA.", "Use certificates of one CA in a mesh."},
    {kCertificateMismatch, Kind::kDenied, "CERTIFICATE_MISMATCH",
     "A certificate is valid but belongs to another node or key.",
     "Install the bundle that was made for this node."},
    {kCaMissing, Kind::kInvalidParams, "CA_MISSING", "There is no CA in that folder.",
     "Make one with 'runarctl ca init'."},
    {kFileMode, Kind::kDenied, "FILE_MODE", "A file with secrets can be read by others.",
     "Set its mode to 0600 and its owner to runard's user."},

    {kLinkLost, Kind::kUnavailable, "LINK_LOST", "The link to the node was lost.",
     "It is dialled again by itself."},
    {kHandshakeFailed, Kind::kDenied, "HANDSHAKE_FAILED",
     "The two nodes could not agree on a secure link.",
     "Check that both certificates are valid and of one mesh."},
    {kProtocol, Kind::kInternal, "PROTOCOL", "The peer broke the link protocol.",
     "Check that both nodes run a supported version."},
    {kMalformedFrame, Kind::kInvalidParams, "MALFORMED_FRAME",
     "A frame of the peer can't be decoded.", "Check that both nodes run a supported version."},
    {kVersionMismatch, Kind::kUnavailable, "VERSION_MISMATCH",
     "The two nodes have no wire version in common.", "Update the older one."},
    {kNoCommonNetwork, Kind::kDenied, "NO_COMMON_NETWORK",
     "The two nodes are members of no common network.",
     "Issue a certificate with a common network if they should talk."},
    {kSelfDial, Kind::kConflict, "SELF_DIAL", "The address leads back to this node.",
     "Take it out of discovery.peers."},
    {kDuplicateLink, Kind::kConflict, "DUPLICATE_LINK", "A better link to the same node exists.",
     "Nothing to do; one link a pair is kept."},
    {kBackpressure, Kind::kOverloaded, "BACKPRESSURE", "The link can't take more for now.",
     "Retry in a moment."},

    {kAddressUnusable, Kind::kInvalidParams, "ADDRESS_UNUSABLE",
     "The address or name can't be used.", "Write host:port, [v6]:port or a resolvable name."},
    {kAddressInUse, Kind::kConflict, "ADDRESS_IN_USE", "Another process holds the address or port.",
     "Stop it, or choose another port."},
    {kMulticastUnavailable, Kind::kUnavailable, "MULTICAST_UNAVAILABLE",
     "No interface can do multicast discovery.", "List the peers under discovery.peers."},

    {kDaemonUnreachable, Kind::kUnavailable, "DAEMON_UNREACHABLE",
     "runarctl could not reach a runard.", "Is it running? Name its socket with --socket."},
    {kUsage, Kind::kInvalidParams, "USAGE", "The command line can't be understood.", "See --help."},
    {kStateLocked, Kind::kConflict, "STATE_LOCKED", "Another runard uses the state directory.",
     "Stop it, or give this one a state_dir of its own."},

    {kSystem, Kind::kInternal, "SYSTEM", "The operating system refused something.",
     "The message holds what it said."},
};

}  // namespace

std::span<const ErrorInfo> error_table() {
  return kTable;
}

const ErrorInfo& info(Errc code) {
  const auto* row = std::find_if(std::begin(kTable), std::end(kTable),
                                 [code](const ErrorInfo& i) { return i.code == code; });
  return row == std::end(kTable) ? kTable[0] : *row;
}

}  // namespace runard::core
