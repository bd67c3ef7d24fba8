package eventlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// exported writes a log of facts and batches of an outbox, trimmed at its
// beginning, and exports it up to an outbox id.
func exported(t *testing.T, through int64) (raw []byte, _ Exported, entries []live.Entry) {
	t.Helper()
	l, stop := openLog(t, Config{})
	defer stop()
	for n := range int64(12) {
		mustAppend(t, l, event(fmt.Sprint("a", n)), event(fmt.Sprint("b", n)))
		if _, err := l.AppendOutbox(t.Context(), (n+1)*10, []live.Event{event(fmt.Sprint("o", n))}); err != nil {
			t.Fatal(err)
		}
	}
	// A reader that has come far, one that has not, and one with a note.
	for name, at := range map[string]live.Position{"far": {Seq: 25}, "near": {Seq: 6, Index: 1}, "sink": {Seq: 9}} {
		r, err := l.Reader(t.Context(), name, live.Position{})
		if err != nil {
			t.Fatal(err)
		}
		for r.Position().Less(at) {
			read(t, r, 1)
		}
		if err := r.Commit(t.Context(), at, []byte("note of "+name)); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	entries = all(t, l)
	var b bytes.Buffer
	got, err := l.Export(t.Context(), &b, ExportPlan{Reader: "backup", Through: through, Set: map[string]live.Position{"sink": {Seq: 7}}})
	if err != nil {
		t.Fatal(err)
	}
	readers, err := l.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(readers) != 3 {
		t.Errorf("the export left a reader: %+v", readers)
	}
	return b.Bytes(), got, entries
}

// TestExportImport exports a log and brings it back: the same facts at the same
// places, nothing that the outbox wrote later, the readers where they stood.
func TestExportImport(t *testing.T) {
	raw, got, entries := exported(t, 75)
	// The outbox message 80 is the 16th: what is before it is in.
	if want := (Exported{Epoch: got.Epoch, First: 1, Next: 16, Messages: 15}); got != want {
		t.Fatalf("exported %+v, want %+v", got, want)
	}
	if read, err := ReadExport(bytes.NewReader(raw)); err != nil || read != got {
		t.Fatalf("read %+v, %v", read, err)
	}
	dir := t.TempDir()
	cfg := Config{Dir: dir, Now: time.Now}
	back, err := Import(t.Context(), cfg, bytes.NewReader(raw))
	if err != nil || back != got {
		t.Fatalf("restored %+v, %v", back, err)
	}
	if _, err := Import(t.Context(), cfg, bytes.NewReader(raw)); !errors.Is(err, ErrLogExists) {
		t.Errorf("restored twice: %v", err)
	}
	l, _ := openLog(t, Config{Dir: dir})
	if l.Epoch() != got.Epoch {
		t.Errorf("the epoch is %s, was %s", l.Epoch(), got.Epoch)
	}
	if mark, err := l.OutboxMark(t.Context()); err != nil || mark != 70 {
		t.Errorf("the outbox mark is %d, %v", mark, err)
	}
	readers, err := l.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range readers {
		names = append(names, fmt.Sprint(r.Name, " ", r.Next))
	}
	if d := cmp.Diff([]string{"near {6 1}", "sink {7 0}"}, names); d != "" {
		t.Errorf("readers: -want +got\n%s", d)
	}
	r, err := l.Reader(t.Context(), "near", live.Position{})
	if err != nil {
		t.Fatal(err)
	}
	if _, note := r.Checkpoint(); string(note) != "note of near" {
		t.Errorf("the note is %q", note)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	// It goes on where it ended.
	if at, err := l.AppendOutbox(t.Context(), 80, []live.Event{event("after")}); err != nil || at[0].Seq != 16 {
		t.Errorf("the next message is at %v, %v", at, err)
	}
	found := all(t, l)
	want := slices.DeleteFunc(slices.Clone(entries), func(e live.Entry) bool { return e.Position.Seq >= 16 })
	if d := cmp.Diff(want, found[:len(want)]); d != "" {
		t.Errorf("-was +is\n%s", d)
	}
}

// TestExportEmpty brings back a log of which all was trimmed, and one that never
// had anything: the next message has the sequence that it would have had.
func TestExportEmpty(t *testing.T) {
	for _, n := range []uint64{0, 5} {
		l, _ := openLog(t, Config{})
		for i := range n {
			if _, err := l.AppendOutbox(t.Context(), int64(i)+3, []live.Event{event("x")}); err != nil {
				t.Fatal(err)
			}
			mustAppend(t, l, event("y"))
		}
		head, err := l.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			if err := l.keepMark(t.Context(), head.Seq); err != nil {
				t.Fatal(err)
			}
			if err := l.stream.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		got, err := l.Export(t.Context(), &b, ExportPlan{Reader: "backup", Through: 7})
		if err != nil || got.First != head.Seq || got.Messages != 0 {
			t.Fatalf("exported %+v, %v, the head is %v", got, err, head)
		}
		dir := t.TempDir()
		if _, err := Import(t.Context(), Config{Dir: dir, Now: time.Now}, &b); err != nil {
			t.Fatal(err)
		}
		back, _ := openLog(t, Config{Dir: dir})
		if at, err := back.Head(t.Context()); err != nil || at != head {
			t.Errorf("the head is %v, %v, was %v", at, err, head)
		}
		if mark, err := back.OutboxMark(t.Context()); err != nil || n > 0 && mark != 7 {
			t.Errorf("the outbox mark is %d, %v", mark, err)
		}
	}
}

// TestImportRefuses cuts an export short at every length, turns a bit at every
// place and asks for another version.
func TestImportRefuses(t *testing.T) {
	raw, _, _ := exported(t, 25)
	for n := range raw {
		if _, err := ReadExport(bytes.NewReader(raw[:n])); !errors.Is(err, errExport) {
			t.Fatalf("%d of %d bytes were taken: %v", n, len(raw), err)
		}
		bad := slices.Clone(raw)
		bad[n] ^= 0x10
		if _, err := ReadExport(bytes.NewReader(bad)); !errors.Is(err, errExport) {
			t.Fatalf("a turned bit at %d was taken: %v", n, err)
		}
	}
	if _, err := ReadExport(bytes.NewReader(append(slices.Clone(raw), 0))); !errors.Is(err, errExport) {
		t.Errorf("a byte behind the end was taken: %v", err)
	}
	dir := t.TempDir()
	if _, err := Import(t.Context(), Config{Dir: dir, Now: time.Now}, bytes.NewReader(raw[:len(raw)/2])); !errors.Is(err, errExport) {
		t.Errorf("half an export was restored: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Import(ended, Config{Dir: t.TempDir(), Now: time.Now}, bytes.NewReader(raw)); err == nil {
		t.Error("it was restored though it was told to end")
	}
}

// FuzzReadExport finds no input that is read for ever or ends badly.
func FuzzReadExport(f *testing.F) {
	var b bytes.Buffer
	b.WriteString("SRE\x01")
	for kind, body := range map[byte][]byte{recordHead: asJSON(exportHead{"e", 3}), recordMark: encodeMark(4)} {
		if err := writeRecord(&b, kind, body); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(b.Bytes())
	f.Add([]byte("SRE\x02"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got, err := ReadExport(bytes.NewReader(raw)); err == nil && got.Next-got.First != got.Messages {
			t.Errorf("%+v", got)
		}
	})
}
