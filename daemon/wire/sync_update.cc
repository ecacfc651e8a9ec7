#include "wire/fields.h"
#include "wire/sync.h"

namespace runard::wire {
namespace {

// Only the budget of memory bounds how many rows there are.
constexpr std::size_t kAnyNumber = SIZE_MAX;

void put(core::Bytes& out, const ActionEntry& action) {
  Fields fields(out);
  fields.text(1, action.pattern);
  fields.text(2, action.summary);
  fields.text(3, action.input_schema);
  fields.text(4, action.output_schema);
  fields.number(5, action.flags);
  fields.number(6, action.timeout_ms);
}

void put(core::Bytes& out, const std::string& path) {
  CborWriter(out).text(path);
}

void put(core::Bytes& out, const SubscriptionEntry& subscription) {
  Fields fields(out);
  fields.text(1, subscription.pattern);
  fields.text(2, subscription.group);
}

void put(core::Bytes& out, const ServiceEntry& service);
void put(core::Bytes& out, const Section& section);

template <class T>
void put_list(core::Bytes& out, Fields& fields, std::uint64_t key, const std::vector<T>& list) {
  if (list.empty()) {
    return;
  }
  fields.key(key).array(list.size());
  for (const T& item : list) {
    put(out, item);
  }
}

void put(core::Bytes& out, const ServiceEntry& service) {
  Fields fields(out);
  fields.text(1, service.path);
  fields.text(2, service.type);
  fields.text(3, service.version);
  fields.text(4, service.summary);
  fields.number(5, service.state);
  fields.number(6, service.registered_ms);
  fields.number(7, service.started_ms);
  if (service.actions) {
    fields.key(8).array(service.actions->size());
    for (const ActionEntry& action : *service.actions) {
      put(out, action);
    }
  }
}

void put(core::Bytes& out, const Section& section) {
  Fields fields(out);
  fields.key(1).bytes(section.network.bytes);
  put_list(out, fields, 2, section.services);
  put_list(out, fields, 3, section.subscriptions);
  put_list(out, fields, 4, section.gone_services);
  put_list(out, fields, 5, section.gone_subscriptions);
}

// Reads an Update and counts the memory that it takes.
class UpdateReader {
 public:
  UpdateReader(core::ByteView bytes, std::size_t memory) : in_(bytes), left_(memory) {}

  core::Result<Update> read() {
    Update update;
    update.snapshot = false;
    in_.map([&](std::uint64_t key) { top(key, update); });
    if (too_large_) {
      return core::fail(core::Errc::kTooLarge, "a peer's rows need more memory than it may use");
    }
    if (!in_.done() || update.epoch == 0 || update.version == 0) {
      return core::fail(core::Errc::kMalformedFrame, "registry update");
    }
    return update;
  }

 private:
  void top(std::uint64_t key, Update& update) {
    switch (key) {
      case 1:
        update.snapshot = in_.boolean();
        return;
      case 2:
        update.epoch = in_.number();
        return;
      case 3:
        update.base = in_.number();
        return;
      case 4:
        update.version = in_.number();
        return;
      case 5:
        update.name = text();
        return;
      case 6:
        in_.array(kMaxUpdateAddresses, [&] { address(update.addresses); });
        return;
      case 7:
        in_.array(kMaxUpdateNetworks, [&] { update.sections.push_back(section()); });
        return;
      default:
        in_.skip();
    }
  }

  void address(std::vector<Address>& addresses) {
    const auto address = Address::decode(in_.bytes());
    if (address) {
      addresses.push_back(*address);
    } else {
      in_.fail();
    }
  }

  Section section() {
    Section section;
    in_.map([&](std::uint64_t key) {
      switch (key) {
        case 1:
          section.network = core::NetworkId::from(in_.bytes()).value_or(core::NetworkId{});
          return;
        case 2:
          return list(section.services, [&] { return service(); });
        case 3:
          return list(section.subscriptions, [&] { return subscription(); });
        case 4:
          return list(section.gone_services, [&] { return text(); });
        case 5:
          return list(section.gone_subscriptions, [&] { return subscription(); });
        default:
          in_.skip();
      }
    });
    if (section.network.is_zero()) {
      in_.fail();
    }
    return section;
  }

  ServiceEntry service() {
    ServiceEntry service;
    in_.map([&](std::uint64_t key) { service_field(key, service); });
    return service;
  }

  void service_field(std::uint64_t key, ServiceEntry& service) {
    switch (key) {
      case 1:
        service.path = text();
        return;
      case 2:
        service.type = text();
        return;
      case 3:
        service.version = text();
        return;
      case 4:
        service.summary = text();
        return;
      case 5:
        service.state = static_cast<std::uint8_t>(bounded(UINT8_MAX));
        return;
      case 6:
        service.registered_ms = in_.number();
        return;
      case 7:
        service.started_ms = in_.number();
        return;
      case 8:
        service.actions.emplace();
        return list(*service.actions, [&] { return action(); });
      default:
        in_.skip();
    }
  }

  ActionEntry action() {
    ActionEntry action;
    in_.map([&](std::uint64_t key) {
      switch (key) {
        case 1:
          action.pattern = text();
          return;
        case 2:
          action.summary = text();
          return;
        case 3:
          action.input_schema = text();
          return;
        case 4:
          action.output_schema = text();
          return;
        case 5:
          action.flags = static_cast<std::uint32_t>(bounded(UINT32_MAX));
          return;
        case 6:
          action.timeout_ms = static_cast<std::uint32_t>(bounded(UINT32_MAX));
          return;
        default:
          in_.skip();
      }
    });
    return action;
  }

  SubscriptionEntry subscription() {
    SubscriptionEntry subscription;
    in_.map([&](std::uint64_t key) {
      switch (key) {
        case 1:
          subscription.pattern = text();
          return;
        case 2:
          subscription.group = text();
          return;
        default:
          in_.skip();
      }
    });
    return subscription;
  }

  template <class T, class F>
  void list(std::vector<T>& out, F item) {
    in_.array(kAnyNumber, [&] {
      if (take(sizeof(T))) {
        out.push_back(item());
      }
    });
  }

  std::string text() {
    const std::string_view view = in_.text();
    return take(view.size()) ? std::string(view) : std::string();
  }

  std::uint64_t bounded(std::uint64_t most) {
    const std::uint64_t value = in_.number();
    if (value > most) {
      in_.fail();
    }
    return value;
  }

  bool take(std::size_t size) {
    if (size > left_) {
      too_large_ = true;
      in_.fail();
      return false;
    }
    left_ -= size;
    return true;
  }

  CborReader in_;
  std::size_t left_;
  bool too_large_ = false;
};

}  // namespace

std::size_t footprint(const ServiceEntry& service) {
  std::size_t size = sizeof service + service.path.size() + service.type.size() +
                     service.version.size() + service.summary.size();
  if (service.actions) {
    for (const ActionEntry& action : *service.actions) {
      size += sizeof action + action.pattern.size() + action.summary.size() +
              action.input_schema.size() + action.output_schema.size();
    }
  }
  return size;
}

std::size_t footprint(const SubscriptionEntry& subscription) {
  return sizeof subscription + subscription.pattern.size() + subscription.group.size();
}

core::Bytes encode(const Update& update) {
  core::Bytes out;
  {
    Fields fields(out);
    fields.key(1).boolean(update.snapshot);
    fields.number(2, update.epoch);
    fields.number(3, update.base);
    fields.number(4, update.version);
    fields.text(5, update.name);
    if (!update.addresses.empty()) {
      fields.key(6).array(update.addresses.size());
      for (const Address& address : update.addresses) {
        CborWriter(out).bytes(address.encoded());
      }
    }
    put_list(out, fields, 7, update.sections);
  }
  return out;
}

core::Result<Update> decode_update(core::ByteView bytes, std::size_t memory) {
  return UpdateReader(bytes, memory).read();
}

}  // namespace runard::wire
