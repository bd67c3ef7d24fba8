package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLogIsBounded(t *testing.T) {
	name := filepath.Join(t.TempDir(), "engine.log")
	l, err := openLog(name, 1000)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("x", 99) + "\n"
	for range 95 {
		if n, err := l.Write([]byte(line)); err != nil || n != len(line) {
			t.Fatal(n, err)
		}
	}
	if _, err := l.Write([]byte("last")); err != nil {
		t.Fatal(err)
	}
	for path, most := range map[string]int64{name: 1000, name + ".1": 1000} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > most || info.Size() == 0 {
			t.Errorf("%s has %d bytes", path, info.Size())
		}
	}
	if got := l.tail(7); got != "xx\nlast" {
		t.Errorf("tail %q", got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	// A log that cannot be written must not stop what writes to it.
	if n, err := l.Write([]byte(line)); err != nil || n != len(line) {
		t.Errorf("after close: %d, %v", n, err)
	}
	if l.dropped != 1 {
		t.Errorf("dropped %d", l.dropped)
	}
}
