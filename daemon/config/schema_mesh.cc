// The sections about other nodes: links, discovery, identity, keys, access, balancing, journal.
#include "config/schema.h"
#include "config/visit.h"

namespace runard::config {
namespace {

using namespace std::chrono_literals;
using enum When;

constexpr Option<bool> kOffOn[] = {{"off", false}, {"on", true, kLater}};
constexpr Option<KekSource> kKeks[] = {
    {"auto", KekSource::kAuto},
    {"none", KekSource::kNone},
    {"systemd", KekSource::kSystemd},
};
constexpr Option<Access> kAccess[] = {
    {"members", Access::kMembers},
    {"deny", Access::kDeny},
};
constexpr Option<Strategy> kStrategies[] = {
    {"round_robin", Strategy::kRoundRobin},
    {"p2c_ewma", Strategy::kP2cEwma, kLater},
    {"least_request", Strategy::kLeastRequest, kLater},
    {"random", Strategy::kRandom, kLater},
    {"hash(key)", Strategy::kHash, kLater},
    {"local_only", Strategy::kLocalOnly, kLater},
};
constexpr Option<OnFull> kOnFull[] = {
    {"refuse", OnFull::kRefuse},
    {"drop_oldest", OnFull::kDropOldest},
};

}  // namespace

// Not in the namespace above: the templates of visit.h find them by their arguments.
static void describe(Visitor& v, Quic& quic) {
  setting(v,
          {"listen",
           "The UDP address for links. [::] takes IPv4 and IPv6 on all interfaces; port "
           "0 lets the system choose."},
          quic.listen, Address(AddressUse::kListen));
  settings(v,
           {"advertise",
            "Addresses to tell other nodes when those of the interfaces are not what "
            "they see, as behind a NAT."},
           quic.advertise, Address(AddressUse::kAdvertise));
  setting(v, {"io_threads", "Threads that carry links.", kLater}, quic.io_threads, Number(1, 64));
  setting(v,
          {"busy_poll", "Spins instead of sleeping: faster, at the cost of a processor.", kLater},
          quic.busy_poll, Choice<bool>(kOffOn));
}

static void describe(Visitor& v, Multicast& multicast) {
  setting(v,
          {"group",
           "The multicast group and port. All nodes that are to find each other use the "
           "same."},
          multicast.group, Address(AddressUse::kMulticast));
  settings_or(v, {"interfaces", "The interfaces to announce on. auto: all that can multicast."},
              multicast.interfaces, "auto", Text(kInterface));
  setting(v, {"ttl", "How many routers an announcement may pass; 1 keeps it in the local network."},
          multicast.ttl, Number(1, 255));
  setting(v, {"interval", "How often the node announces itself."}, multicast.interval,
          Time(100ms, 1h));
}

static void describe(Visitor& v, Keystore& keystore) {
  const Choice<KekSource> sources(kKeks);
  Bound<KekSource> word(keystore.kek, sources);
  const Key kek{
      "kek",
      "What the keys on disk are encrypted under. systemd: the credential runard.kek. none: "
      "a key in a file beside them, so that modes are the only protection. auto: "
      "systemd's credential if there is one, else none."};
  if (v.begin_section_or(kek, word, keystore.kek == KekSource::kPassphraseFile)) {
    keystore.kek = KekSource::kPassphraseFile;
    setting(v, {"passphrase_file", "A file that holds the passphrase.", kNow, Need::kRequired},
            keystore.passphrase_file, Text(kAbsolutePath));
    v.end_section();
  }
}

static void describe(Visitor& v, Label& label) {
  setting(v, {"network", "Every member of the network that the message is in may read it."},
          label.network, Flag());
  settings(v, {"networks", "Every member of these networks may read it."}, label.networks,
           Text(kName));
  settings(v,
           {"profiles",
            "Ids of profiles that may read it; caller is the one that asks, owner the one "
            "whose data it is. A name proves nothing."},
           label.profiles, Text(kReader));
}

static void describe(Visitor& v, Caller& from) {
  setting(v, {"node", "The id of a node, as `runarctl node ls` shows it. A name proves nothing."},
          from.node, Text(kNodeId));
  setting(v, {"group", "A group that the caller's certificate names."}, from.group, Text(kName));
  setting(v,
          {"label",
           "A node label that the caller's certificate names, as `runarctl ca sign --label` grants "
           "it. Not a label of fields."},
          from.label, Text(kNodeLabel));
}

static void describe(Visitor& v, Rule& rule) {
  settings(v, {"allow", "What the rule allows. admin is pausing and resuming services."},
           rule.allow, Text(kAccessVerb));
  settings(v, {"deny", "What the rule denies."}, rule.deny, Text(kAccessVerb));
  section(v, {"from", "Whom the rule is about. Left out: everybody."}, rule.from);
  setting(v, {"network", "The network that the rule is about. Left out: all."}, rule.network,
          Text(kName));
  setting(v, {"path", "The topics that the rule is about. Left out: all."}, rule.path,
          Text(kTopicPattern));
}

static void describe(Visitor& v, Release& release) {
  settings(v, {"networks", "Networks whose members may have it."}, release.networks, Text(kName));
  settings(v,
           {"profiles",
            "Ids of profiles; caller is the verified one of who asks. One whose id stands here may "
            "also be named as a recipient by a call or an event of this node."},
           release.profiles, Text(kProfile));
  settings(v, {"nodes", "Ids of nodes."}, release.nodes, Text(kNodeId));
  settings(v, {"groups", "Groups of nodes."}, release.groups, Text(kName));
}

void describe(Visitor& v, Transport& transport) {
  section(v, {"quic", "The QUIC endpoint."}, transport.quic);
}

void describe(Visitor& v, Discovery& discovery) {
  section_or(v, {"multicast", "Announces this node to its surroundings, and listens."},
             discovery.multicast, "off");
  settings(v,
           {"peers",
            "Nodes to dial, by address or name. Names are looked up again at each "
            "attempt."},
           discovery.peers, Address(AddressUse::kDial));
}

void describe(Visitor& v, Identity& identity) {
  section(v, {"keystore", "How the keys are kept."}, identity.keystore);
  setting_or(
      v,
      {"rotate_agreement_key",
       "The age at which the key that networks' keys are sealed to is replaced, up to a tenth "
       "sooner or later. The old one goes on opening. off: only by 'runarctl key rotate'."},
      identity.rotate_agreement_key, "off", Time(1h, 366 * 24h));
}

void describe(Visitor& v, Issuer& issuer) {
  setting(v,
          {"ca",
           "The folder of the issuing CA; runard's user has to own it. It holds the root's key: "
           "there is no intermediate CA, and whoever has the folder can make nodes.",
           kNow, Need::kRequired},
          issuer.ca, Text(kAbsolutePath));
  setting(v,
          {"passphrase_file",
           "A file that holds the passphrase of the CA's key, if it has one. Else systemd's "
           "credential runard.ca is taken."},
          issuer.passphrase_file, Text(kAbsolutePath));
  setting_or(v,
             {"rotate_network_keys",
              "The age at which a network's key is replaced, looked at each hour. The old one goes "
              "on opening for a week. off: only by 'runarctl network rotate-key', or when a member "
              "has left."},
             issuer.rotate_network_keys, "off", Time(1h, 366 * 24h));
}

void describe(Visitor& v, Encryption& encryption) {
  map(v,
      {"labels",
       "Labels of fields, each with those who may read it. user, system, system_only and search "
       "are there without being named."},
      encryption.labels, kName, [&v](const Key& key, Label& label) { section(v, key, label); });
}

void describe(Visitor& v, Authorization& authorization) {
  setting(v,
          {"default",
           "What applies where no rule does. members: all nodes of a network may do "
           "everything in it, but admin. deny: nothing."},
          authorization.access, Choice<Access>(kAccess));
  list(v,
       {"rules",
        "Exceptions from the default, for what goes on between nodes. A deny wins over any "
        "allow."},
       authorization.rules);
  map(v,
      {"labels",
       "To whom a label may be released at most, whatever encryption.labels says. A label "
       "that is left out may go to all that stand there."},
      authorization.labels, kName,
      [&v](const Key& key, Release& release) { section(v, key, release); });
}

void describe(Visitor& v, Balancing& balancing) {
  setting(v,
          {"default",
           "How a provider is chosen. Local ones come first, and a provider that fails "
           "falls over to another."},
          balancing.strategy, Choice<Strategy>(kStrategies));
  map(v, {"services", "The same for single services, by their path."}, balancing.services, kMount,
      [&v](const Key& key, Strategy& strategy) {
        setting(v, key, strategy, Choice<Strategy>(kStrategies));
      });
}

void describe(Visitor& v, Journal& journal) {
  setting(v, {"path", "The database file, below node.state_dir or absolute."}, journal.path,
          Text(kFilePath));
  setting(v, {"quota", "How large it may grow."}, journal.quota, Size(kMiB, 1024 * kGiB));
  setting(v, {"on_full", "What happens to a new event when it is full."}, journal.on_full,
          Choice<OnFull>(kOnFull));
}

}  // namespace runard::config
