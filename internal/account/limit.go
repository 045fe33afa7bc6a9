package account

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

// The limit of tries to sign in (TRUST.md S21): five at once and five a minute, for each
// address and for each account.
const (
	tries      = 5
	refill     = time.Minute / tries
	maxBuckets = 10_000 // of each kind; the one unused for longest makes room
)

// limits counts tries to sign in. Only failures count. So that nobody can lock a duty
// officer out by guessing wrong on purpose, an address from which the account has signed in
// before has a bucket of its own and does not share the account's.
type limits struct {
	mu        sync.Mutex
	addresses buckets // key: address
	accounts  buckets // key: account, for addresses that are new to it
	known     buckets // key: account and address that has signed in
}

func newLimits() *limits {
	return &limits{addresses: newBuckets(), accounts: newBuckets(), known: newBuckets()}
}

// take uses one try up. wait is how long until the next is allowed, 0 when this one is.
// first says that this refusal is the first of its run: the one to journal.
func (l *limits) take(account, remote string, now time.Time) (wait time.Duration, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	remote = network(remote)
	used := []*bucket{l.addresses.get(remote, now)}
	if b, ok := l.known.find(pair(account, remote), now); ok {
		used = append(used, b)
	} else {
		used = append(used, l.accounts.get(account, now))
	}
	for _, b := range used {
		if b.left < 1 {
			wait = max(wait, time.Duration((1-b.left)*float64(refill)))
			first = first || !b.refused
			b.refused = true
		}
	}
	if wait > 0 {
		return wait, first
	}
	for _, b := range used {
		b.left--
		b.refused = false
	}
	return 0, false
}

// succeed gives the try back and remembers that the account comes from this address.
func (l *limits) succeed(account, remote string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	remote = network(remote)
	giveBack(l.addresses.get(remote, now))
	if _, ok := l.known.find(pair(account, remote), now); !ok {
		giveBack(l.accounts.get(account, now))
	}
	l.known.get(pair(account, remote), now).left = tries
}

func giveBack(b *bucket) { b.left = min(tries, b.left+1) }

func pair(account, remote string) string { return account + "\x00" + remote }

// network is the part of an address that one guesser holds: a whole IPv4 address, the /64
// of an IPv6 address.
func network(remote string) string {
	a, err := netip.ParseAddr(remote)
	if err != nil {
		return remote
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return remote
	}
	return p.String()
}

// buckets holds at most maxBuckets buckets.
type buckets struct {
	byKey map[string]*list.Element
	order *list.List // newest use first
}

type bucket struct {
	key     string
	left    float64
	at      time.Time
	refused bool
}

func newBuckets() buckets { return buckets{byKey: map[string]*list.Element{}, order: list.New()} }

// find returns a bucket that exists, filled up to now.
func (b buckets) find(key string, now time.Time) (*bucket, bool) {
	e, ok := b.byKey[key]
	if !ok {
		return nil, false
	}
	b.order.MoveToFront(e)
	k := e.Value.(*bucket)
	if gone := now.Sub(k.at); gone > 0 {
		k.left = min(tries, k.left+float64(gone)/float64(refill))
		k.at = now
	}
	return k, true
}

func (b buckets) get(key string, now time.Time) *bucket {
	if k, ok := b.find(key, now); ok {
		return k
	}
	if b.order.Len() >= maxBuckets {
		last := b.order.Back()
		delete(b.byKey, last.Value.(*bucket).key)
		b.order.Remove(last)
	}
	k := &bucket{key: key, left: tries, at: now}
	b.byKey[key] = b.order.PushFront(k)
	return k
}
