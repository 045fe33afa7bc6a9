package witness

import (
	"errors"
	"net/url"
)

// bare takes the URL out of an HTTP client's error; it may hold a secret.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
