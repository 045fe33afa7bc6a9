package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// wrongClock turns the clock of one running process: a static Go program asks no library that
// could be put before it, but the kernel's page of fast calls, which is the process's own and
// can be written. What it asks for the time of day is then answered by a real call of the
// kernel plus a number that stands beside the code.
type wrongClock struct {
	pid int
	at  int64 // address of the number, seconds
}

// turnable puts the code into a process. The error is errNotRun where it cannot be.
func turnable(pid int) (*wrongClock, error) {
	if runtime.GOARCH != "amd64" {
		return nil, fmt.Errorf("the clock of a process can be turned on amd64 only: %w", errNotRun)
	}
	from, to, err := vdso(pid)
	if err != nil {
		return nil, err
	}
	mem, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("the memory of a process cannot be written here (%w): %w", err, errNotRun)
	}
	defer mem.Close() //nolint:errcheck // what was written is checked
	image := make([]byte, to-from)
	if _, err := mem.ReadAt(image, from); err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return nil, err
	}
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return nil, err
	}
	at := map[string]int64{}
	for _, s := range symbols {
		at[s.Name] = int64(s.Value) //nolint:gosec // an offset in a page or two
	}
	entry, room := at["__vdso_clock_gettime"], at["__vdso_gettimeofday"]
	if entry == 0 || room == 0 {
		return nil, fmt.Errorf("the kernel's page has no clock: %w", errNotRun)
	}
	code := clockCode()
	jump := []byte{0xe9, 0, 0, 0, 0}                              // jmp
	binary.LittleEndian.PutUint32(jump[1:], uint32(room-entry-5)) //nolint:gosec // two's complement is meant
	// The code first: nobody calls the function whose place it takes. Then the jump to it.
	if _, err := mem.WriteAt(code, from+room); err != nil {
		return nil, fmt.Errorf("the kernel's page cannot be written (%w): %w", err, errNotRun)
	}
	if _, err := mem.WriteAt(jump, from+entry); err != nil {
		return nil, err
	}
	return &wrongClock{pid: pid, at: from + room + int64(len(code)) - 8}, nil
}

// clockCode asks the kernel (clock_gettime is call 228) and adds the number behind it to the
// seconds of the time of day, which is clock 0, and to no other clock.
func clockCode() []byte {
	code := []byte{
		0xb8, 0xe4, 0, 0, 0, // mov eax, 228
		0x0f, 0x05, // syscall
		0x85, 0xff, // test edi, edi
		0x75, 0x0a, // jnz to the return
		0x48, 0x8b, 0x0d, 0x04, 0, 0, 0, // mov rcx, [the number]
		0x48, 0x01, 0x0e, // add [rsi], rcx
		0xc3, // ret
	}
	return append(code, make([]byte, 8)...)
}

// vdso is where the kernel's page lies in a process.
func vdso(pid int) (from, to int64, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, 0, err
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if strings.HasSuffix(line, "[vdso]") {
			_, err := fmt.Sscanf(line, "%x-%x", &from, &to)
			return from, to, err
		}
	}
	return 0, 0, fmt.Errorf("the process has no page of the kernel's: %w", errNotRun)
}

// turn sets how many seconds the clock is ahead.
func (c *wrongClock) turn(seconds int64) error {
	mem, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", c.pid), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(seconds)) //nolint:gosec // two's complement is meant
	_, err = mem.WriteAt(b[:], c.at)
	return errors.Join(err, mem.Close())
}
