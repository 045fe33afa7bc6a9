package journal

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestAlreadyCanonical(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{}`: true, `{"a":1,"b":[true,null,-0.50],"é":{"x":"<&>"}}`: true,
		`{"a":1, "b":2}`: false, `{"b":1,"a":2}`: false, `{"a":1,"a":2}`: false, `{"a":01}`: false,
		`{"a":"\n"}`: false, `{"a":1}x`: false, `{"a":.5}`: false, `{"a":}`: false, `{"a":1,}`: false,
		`[]`: false, ``: false, `{`: false, `{"":1,"":2}`: false, "{\"a\":\"\u2028\"}": false, "{\"a\":\"\xff\"}": false,
	} {
		if got := alreadyCanonical([]byte(text)); got != want {
			t.Errorf("alreadyCanonical(%q) = %v, want %v", text, got, want)
		}
	}
}

// FuzzCanonical checks that the short cut only lets pass what the long way returns
// unchanged, and that the long way comes to rest after one step.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[1,-2.5,true,null,"x"]}`, `{"b":1,"a":2}`, `{"a":1e5}`, `{"a":"\u00e9"}`, `{"":0,"":0}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if checkDepth(b, maxDepth) != nil || len(b) > MaxBody {
			return
		}
		long, err := reencode(b)
		if alreadyCanonical(b) && (err != nil || !bytes.Equal(long, b)) {
			t.Fatalf("short cut took %q, the long way gives %q, %v", b, long, err)
		}
		if err != nil {
			return
		}
		if again, err := reencode(long); err != nil || !bytes.Equal(again, long) {
			t.Fatalf("reencode(%q) = %q, %v", long, again, err)
		}
	})
}

// TestBodyTakesTheShortWay: what the programs write is canonical as it is encoded.
func TestBodyTakesTheShortWay(t *testing.T) {
	body := map[string]any{"level": "red", "revision": 3, "why": "Überschwemmung", "p": []float64{1, .25}}
	plain := testing.AllocsPerRun(100, func() {
		if _, err := json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	})
	ours := testing.AllocsPerRun(100, func() {
		if _, err := Body(body); err != nil {
			t.Fatal(err)
		}
	})
	if ours > plain+8 {
		t.Errorf("%v allocations, to encode it takes %v", ours, plain)
	}
}
