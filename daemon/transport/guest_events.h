// GuestEvents: the news of guests, who come without a certificate to get one. Nothing of them ever
// reaches the mesh, the registry or a service.
//
// On the I/O thread, outside of ngtcp2: the endpoint's functions may be called from here.
#pragma once

#include "transport/address.h"
#include "transport/guest_stream.h"
#include "transport/link_id.h"

namespace runard::transport {

struct GuestInfo {
  Address address;         // proved: the guest receives what is sent there
  GuestBinding binding{};  // only the two ends of this connection know it
};

class GuestEvents {
 public:
  virtual void guest_came(LinkId guest, const GuestInfo& info) = 0;
  virtual void guest_said(LinkId guest, const GuestFrame& frame) = 0;
  // The last news of it, also after Endpoint::close_guest().
  virtual void guest_left(LinkId guest) = 0;

 protected:
  ~GuestEvents() = default;
};

}  // namespace runard::transport
