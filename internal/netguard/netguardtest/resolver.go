// Package netguardtest gives tests a name server that answers as they wish, so that a test
// can play a name that changes its mind between two questions. It promises to open no
// socket: questions and answers go through a pipe in memory. It answers A and AAAA only
// and is no example of a real name server.
package netguardtest

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// A Resolver answers with what its function returns.
type Resolver struct {
	lookup  func(name string) []netip.Addr
	serving sync.WaitGroup
}

// New returns a resolver. Lookup gets the name without the final dot and may be called
// from several goroutines, once for A and once for AAAA; nil means that there is no such name.
func New(lookup func(name string) []netip.Addr) *Resolver { return &Resolver{lookup: lookup} }

// Net returns the resolver in the form that net.Dialer takes.
func (r *Resolver) Net() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		r.serving.Go(func() { r.serve(server) })
		return client, nil
	}}
}

// Wait returns when every question has been served and its connection closed.
func (r *Resolver) Wait() { r.serving.Wait() }

// serve speaks DNS over a stream: each message is preceded by its length in two bytes.
func (r *Resolver) serve(c net.Conn) {
	defer c.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, question); err != nil {
			return
		}
		answer, err := r.answer(question)
		if err != nil {
			return
		}
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

func (r *Resolver) answer(question []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil, err
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	if len(m.Questions) == 0 {
		m.RCode = dnsmessage.RCodeFormatError
		return m.Pack()
	}
	q := m.Questions[0]
	name := q.Name.String()
	addrs := r.lookup(name[:len(name)-1])
	if addrs == nil {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, a := range addrs {
		header := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET}
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	return m.Pack()
}
