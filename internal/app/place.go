package app

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"watchfire.dev/internal/backup"
	"watchfire.dev/internal/backup/stream"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/netguard"
)

// places are where backups lie: a folder, or a bucket of an S3-compatible store, which is
// reached through the guard like everything outside.
type places struct {
	cfg config.Config
	now clock.Clock
}

// of opens a place; target is the same one for the copy of the log.
func (p places) of(to string) (place backup.Place, target stream.Target, err error) {
	bucket, prefix, ok := backup.Address(to)
	if !ok {
		f, err := backup.NewFolder(to)
		return f, stream.Target{Folder: to}, err
	}
	s := p.cfg.Backup.S3
	if s == nil {
		return nil, target, fmt.Errorf("%s needs key and secret: backup.s3 in the configuration: %w", to, fault.ErrInvalid)
	}
	guard, err := p.cfg.Guard()
	if err != nil {
		return nil, target, err
	}
	b := backup.NewBucket(backup.BucketConfig{
		Endpoint: s.Address(), Region: s.Place(), Bucket: bucket, Prefix: prefix, Client: bucketClient(guard), Now: p.now,
		Keys: func() (id, secret string, err error) {
			id, idErr := s.Key.Value()
			secret, err = s.Secret.Value()
			return id, secret, errors.Join(idErr, err)
		},
	})
	return b, stream.Target{Bucket: b}, nil
}

// bucketClient gives a request the time that one part of a file needs on a slow line.
func bucketClient(guard *netguard.Guard) *http.Client {
	return netguard.NewClient(netguard.Options{Guard: guard, MaxRedirects: -1, HeaderTimeout: time.Minute, Timeout: 5 * time.Minute})
}
