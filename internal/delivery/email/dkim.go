package email

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"github.com/emersion/go-msgauth/dkim"

	"watchfire.dev/internal/fault"
)

// DKIM signs mail for a domain (RFC 6376), so that it needs no submission server that does.
type DKIM struct {
	Domain   string // "" = the domain of From
	Selector string // the record is SELECTOR._domainkey.DOMAIN
	// Key is the private key in PEM: RSA of 2048 bits or more, or Ed25519 (RFC 8463).
	Key func() (string, error)
}

// signed are the headers that the signature covers. RFC 8058, 4 wants List-Unsubscribe and
// List-Unsubscribe-Post among them; those that a message lacks cannot be added later either.
func signed() []string {
	return []string{
		"From", "Reply-To", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type",
		"Content-Transfer-Encoding", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted",
	}
}

// sign puts a signature before the message. Its time is the machine's, so that the bytes of a
// repeat differ in this header alone.
func (c *Channel) sign(raw []byte) ([]byte, error) {
	d := c.cfg.DKIM
	if d == nil {
		return raw, nil
	}
	text, err := d.Key()
	if err != nil {
		return nil, fmt.Errorf("key of DKIM: %w", err)
	}
	key, err := privateKey(text)
	if err != nil {
		return nil, fmt.Errorf("key of DKIM: %w", err)
	}
	domain := d.Domain
	if domain == "" {
		domain = c.domain
	}
	var out bytes.Buffer
	err = dkim.Sign(&out, bytes.NewReader(raw), &dkim.SignOptions{
		Domain: domain, Selector: d.Selector, Signer: key, Hash: crypto.SHA256,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed, HeaderKeys: signed(),
	})
	if err != nil {
		return nil, fmt.Errorf("sign with DKIM: %w", err)
	}
	return out.Bytes(), nil
}

// privateKey reads PEM; the error wraps fault.ErrInvalid and holds no part of the key.
func privateKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("it is no PEM: %w", fault.ErrInvalid)
	}
	if k, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return long(k)
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("it is no private key: %w", fault.ErrInvalid)
	}
	switch k := k.(type) {
	case *rsa.PrivateKey:
		return long(k)
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, fmt.Errorf("it is neither RSA nor Ed25519: %w", fault.ErrInvalid)
}

// long refuses keys that receivers do not believe any more (RFC 8301, 3.2).
func long(k *rsa.PrivateKey) (crypto.Signer, error) {
	if k.N.BitLen() < 2048 {
		return nil, fmt.Errorf("it has %d bits, fewer than 2048: %w", k.N.BitLen(), fault.ErrInvalid)
	}
	return k, nil
}
