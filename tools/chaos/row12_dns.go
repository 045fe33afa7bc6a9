package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"
)

// dnsFails: the name server says SERVFAIL, then nothing at all. A source that is reached by
// its name goes blind by its limit; nothing is fetched from an address of before.
var dnsFails = row{n: 12, name: "DNS fails", must: "blind within limit + 60 s, no fetch by a cached address", play: playDNS}

// nameServer answers every question for an address with 127.0.0.1, until it fails.
type nameServer struct {
	conn net.PacketConn
	mode atomic.Int32 // 0 answers, 1 SERVFAIL, 2 is silent
}

func newNameServer(address string) (*nameServer, error) {
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		return nil, err
	}
	s := &nameServer{conn: c}
	go s.serve()
	return s, nil
}

func (s *nameServer) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if out := answerName(buf[:n], s.mode.Load()); out != nil {
			s.conn.WriteTo(out, from) //nolint:errcheck // a lost packet is no matter
		}
	}
}

// answerName answers one question (RFC 1035, section 4).
func answerName(q []byte, mode int32) []byte {
	if len(q) < 17 || mode == 2 {
		return nil
	}
	end := 12
	for end < len(q) && q[end] != 0 {
		end += int(q[end]) + 1
	}
	end += 5 // the root, type and class
	if end > len(q) {
		return nil
	}
	out := append([]byte{}, q[:end]...)
	binary.BigEndian.PutUint16(out[2:], 0x8180) // an answer, recursion desired and available
	copy(out[6:], []byte{0, 0, 0, 0, 0, 0})     // no answers, authorities, additions
	switch {
	case mode == 1:
		out[3] |= 2 // SERVFAIL
	case binary.BigEndian.Uint16(q[end-4:]) == 1: // A
		out[7] = 1
		out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
	}
	return out
}

func playDNS(l *lab) error {
	const limit = 3 * time.Second
	server, err := newNameServer("127.0.0.77:53")
	if err != nil {
		return fmt.Errorf("a name server of our own needs port 53 of a loopback address: %w: %w", err, errNotRun)
	}
	l.undo = append(l.undo, func() { server.conn.Close() })
	f := l.newFeeds()
	f.set("/quakes", fresh(0))
	u, err := url.Parse(f.URL)
	if err != nil {
		return err
	}
	l.got = newReceiver()
	if err := l.install(l.portfolio(2), "", definition("named", "usgs", "http://feed.chaos.test:"+u.Port()+"/quakes", limit)); err != nil {
		return err
	}
	if l.desk.Wrap, err = ownNames(l.desk.File("resolv.conf")); err != nil {
		return err
	}
	if err := l.open1(); err != nil {
		return err
	}
	if err := until(30*time.Second, text("the source by its name was never seen"), func() bool { s, err := l.sources(); return err == nil && s["named"].Seeing }); err != nil {
		return err
	}
	for _, mode := range []int32{1, 2} {
		server.mode.Store(mode)
		// A connection that is open already knows no names: it is closed, so that the next poll asks.
		f.CloseClientConnections()
		from := time.Now()
		took, err := l.blind([]string{"named"}, from, limit+time.Minute)
		if err != nil {
			return err
		}
		<-time.After(2 * time.Second)
		late := 0
		for _, at := range f.polls("/quakes") {
			if at.After(from.Add(2 * time.Second)) {
				late++
			}
		}
		l.note("%s: blind after %.1f s, %d fetches without a name", map[int32]string{1: "SERVFAIL", 2: "silence"}[mode], took.Seconds(), late)
		if late > 0 {
			return errors.New("fetched from an address that nobody names any more")
		}
		server.mode.Store(0)
		if err := until(90*time.Second, text("the source did not come back"), func() bool { s, err := l.sources(); return err == nil && s["named"].BlindSince.IsZero() }); err != nil {
			return err
		}
	}
	if err := l.push(1); err != nil {
		return err
	}
	if err := l.wait(1, 60*time.Second); err != nil {
		return err
	}
	return l.judge()
}

// ownNames is the command line before the server that gives it a resolv.conf of its own, in a
// mount namespace of its own.
func ownNames(file string) ([]string, error) {
	if err := os.WriteFile(file, []byte("nameserver 127.0.0.77\noptions timeout:1 attempts:1\n"), 0o644); err != nil {
		return nil, err
	}
	line := []string{"unshare", "-m", "sh", "-c", `mount --bind "$0" /etc/resolv.conf && exec "$@"`, file}
	if out, err := exec.Command(line[0], append(line[1:], "true")...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("no mount namespace (unshare -m): %s: %w", strings.TrimSpace(string(out)), errNotRun)
	}
	return line, nil
}
