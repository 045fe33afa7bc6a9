package netguard_test

import (
	"io"
	"log"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quiet is a logger for servers whose handshake errors a test provokes.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
