package netguard

import (
	"fmt"
	"net/netip"

	"watchfire.dev/internal/fault"
)

// A Cause says at which gate a Refusal was made.
type Cause string

// The gates.
const (
	Address  Cause = "address"  // the resolved or written IP address
	URL      Cause = "url"      // scheme, host, port or credentials of the first address
	Redirect Cause = "redirect" // too many hops, a downgrade, or a bad address at a later hop
)

// A Refusal is the error of a connection that was not opened because it must not be.
// It names the host and never the path or query, which may hold keys.
// It wraps fault.ErrInvalid: what has to change is the address or the list, not the weather.
type Refusal struct {
	Cause  Cause
	Host   string     // as written, with its port if one was written
	Addr   netip.Addr // what it resolved to; invalid unless Cause is Address
	Reason string
}

// Error tells host, address and reason.
func (r *Refusal) Error() string {
	if r.Addr.IsValid() && r.Addr.String() != r.Host {
		return fmt.Sprintf("connection to %s (%s) refused: %s", r.Host, r.Addr, r.Reason)
	}
	return fmt.Sprintf("connection to %s refused: %s", r.Host, r.Reason)
}

// Unwrap returns fault.ErrInvalid.
func (r *Refusal) Unwrap() error { return fault.ErrInvalid }
