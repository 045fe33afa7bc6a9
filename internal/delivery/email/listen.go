package email

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
)

// Inbox is the mailbox in which replies and bounces arrive. It must be ours alone: letters
// are marked as read once what they say is on disk.
type Inbox struct {
	Host     string
	Port     int // 0 = 993, 143 for Mandatory and None
	TLS      TLS // Implicit (default), Mandatory, None on this machine
	User     string
	Password func() (string, error)
	Mailbox  string        // "" = INBOX
	Pause    time.Duration // after a failure; 0 = 30 s
	Now      func() time.Time
	Log      *slog.Logger
	// Dial opens the connection; nil = a guarded dialer that reaches Host.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// renew ends an IDLE before servers do (RFC 2177: 29 minutes) and looks anew.
const renew = 9 * time.Minute

// grace is how long a connection lives on after ctx has ended.
const (
	grace = 3 * time.Second
	never = 1 << 62 * time.Nanosecond
)

// look is how often a server without IDLE is asked.
const look = 30 * time.Second

func (i *Inbox) fill() error {
	port := 143
	switch i.TLS {
	case "", Implicit:
		i.TLS, port = Implicit, 993
	case Mandatory:
	case None:
		if !loopback(i.Host) {
			return fmt.Errorf("mailbox of replies %s: without TLS only on this machine: %w", i.Host, fault.ErrInvalid)
		}
	default:
		return fmt.Errorf("mailbox of replies: tls %q, want implicit, mandatory or none: %w", i.TLS, fault.ErrInvalid)
	}
	if i.Host == "" || i.User == "" || i.Password == nil || i.Now == nil {
		return fmt.Errorf("mailbox of replies: host, user and password are needed: %w", fault.ErrInvalid)
	}
	if i.Port == 0 {
		i.Port = port
	}
	if i.Mailbox == "" {
		i.Mailbox = "INBOX"
	}
	if i.Pause <= 0 {
		i.Pause = 30 * time.Second
	}
	if i.Log == nil {
		i.Log = slog.New(slog.DiscardHandler)
	}
	if i.Dial == nil {
		guarded := Config{Host: i.Host}
		if err := guarded.guard(); err != nil {
			return err
		}
		i.Dial = guarded.Dial
	}
	return nil
}

// Listen implements delivery.Listener: it waits at the mailbox by IDLE. Without one there is
// nothing to wait for.
func (c *Channel) Listen(ctx context.Context, heard func(context.Context, delivery.Heard) error) error {
	i := c.cfg.Inbox
	for i != nil && ctx.Err() == nil {
		if err := c.visit(ctx, heard); err != nil && ctx.Err() == nil {
			i.Log.Warn("mailbox of replies", "host", i.Host, "error", err)
			rest(ctx, nil, i.Pause)
		}
	}
	<-ctx.Done()
	return nil
}

// visit is one connection: what waits is read, then what comes.
func (c *Channel) visit(ctx context.Context, heard func(context.Context, delivery.Heard) error) error {
	i := c.cfg.Inbox
	news := make(chan struct{}, 1)
	client, err := c.enter(ctx, news)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close(); <-client.Closed() }()
	// What is on disk when ctx ends is still marked as read; a server that hangs is left.
	leave := time.AfterFunc(never, func() { _ = client.Close() })
	defer leave.Stop()
	defer context.AfterFunc(ctx, func() { leave.Reset(grace) })()
	if _, err := client.Select(i.Mailbox, nil).Wait(); err != nil {
		return fmt.Errorf("open %s: %w", i.Mailbox, err)
	}
	idles := client.Caps().Has(imap.CapIdle)
	for ctx.Err() == nil {
		if err := c.collect(ctx, client, heard); err != nil {
			return err
		}
		if !idles {
			rest(ctx, news, look)
			if err := client.Noop().Wait(); err != nil {
				return fmt.Errorf("look: %w", err)
			}
			continue
		}
		idle, err := client.Idle()
		if err != nil {
			return fmt.Errorf("IDLE: %w", err)
		}
		rest(ctx, news, renew)
		if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
			return fmt.Errorf("IDLE: %w", err)
		}
	}
	return nil
}

// enter connects and signs in. What the server says to a refused sign-in may repeat the
// password and is not shown.
func (c *Channel) enter(ctx context.Context, news chan<- struct{}) (*imapclient.Client, error) {
	i := c.cfg.Inbox
	password, err := i.Password()
	if err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	conn, err := i.Dial(ctx, "tcp", net.JoinHostPort(i.Host, strconv.Itoa(i.Port)))
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	secure := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: i.Host, RootCAs: c.cfg.RootCAs}
	options := &imapclient.Options{TLSConfig: secure, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(*imapclient.UnilateralDataMailbox) {
			select {
			case news <- struct{}{}:
			default:
			}
		},
	}}
	var client *imapclient.Client
	switch i.TLS {
	case Implicit:
		client = imapclient.New(tls.Client(conn, secure), options)
	case Mandatory:
		if client, err = imapclient.NewStartTLS(conn, options); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("STARTTLS: %w", err)
		}
	default:
		client = imapclient.New(conn, options)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := client.Login(i.User, password).Wait(); err != nil {
		_ = client.Close()
		<-client.Closed()
		return nil, errors.New("sign-in refused or cut short")
	}
	return client, nil
}

// collect reads what is unread, oldest first, and marks each letter once it is kept.
func (c *Channel) collect(ctx context.Context, client *imapclient.Client, heard func(context.Context, delivery.Heard) error) error {
	found, err := client.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}, nil).Wait()
	if err != nil {
		return fmt.Errorf("look for letters: %w", err)
	}
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Offset: 0, Size: maxLetter}}
	for _, uid := range found.AllUIDs() {
		if ctx.Err() != nil {
			return nil
		}
		raw, err := fetch(client, uid, section)
		if err != nil {
			return err
		}
		h, err := c.read(raw, c.cfg.Inbox.Now())
		if err != nil { // it will be no better tomorrow
			c.cfg.Inbox.Log.Warn("mailbox of replies: a letter is passed over", "error", err)
			h = delivery.Heard{}
		}
		for len(h.Receipts)+len(h.Replies) > 0 {
			if err := heard(ctx, h); err == nil {
				break
			} else if c.cfg.Inbox.Log.Error("keep what a letter says", "error", err); !rest(ctx, nil, c.cfg.Inbox.Pause) {
				return nil
			}
		}
		if err := mark(client, uid); err != nil {
			return err
		}
	}
	return nil
}

func fetch(client *imapclient.Client, uid imap.UID, section *imap.FetchItemBodySection) ([]byte, error) {
	cmd := client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
	var raw []byte
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		for item := m.Next(); item != nil; item = m.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok && body.Literal != nil {
				var b bytes.Buffer
				if _, err := io.Copy(&b, io.LimitReader(body.Literal, maxLetter)); err != nil {
					_ = cmd.Close()
					return nil, fmt.Errorf("read a letter: %w", err)
				}
				raw = b.Bytes()
			}
		}
	}
	if err := cmd.Close(); err != nil {
		return nil, fmt.Errorf("read a letter: %w", err)
	}
	return raw, nil
}

// mark sets \Seen. A connection that is cut before only means that the letter is read twice.
func mark(client *imapclient.Client, uid imap.UID) error {
	cmd := client.Store(imap.UIDSetNum(uid), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}, nil)
	if err := cmd.Close(); err != nil {
		return fmt.Errorf("mark a letter as read: %w", err)
	}
	return nil
}

// rest sleeps until news, the end of d or of ctx; false = ctx has ended.
func rest(ctx context.Context, news <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-news:
	case <-t.C:
	}
	return true
}
