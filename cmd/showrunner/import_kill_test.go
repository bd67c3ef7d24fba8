package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// importing is a month of orders, a server, and the import as a process.
type importing struct {
	t           *testing.T
	data, owner string
	p           *program
	file        string
	*monthBook
}

const importedOrders = 1000

// newImporting starts a server with a show whose month stands in a file.
func newImporting(t *testing.T) *importing {
	t.Helper()
	w := &importing{t: t, data: t.TempDir()}
	w.p = startProgram(t, w.data, freeAddr(t))
	w.owner = w.show("m1")
	w.file = filepath.Join(t.TempDir(), "month.ndjson")
	w.monthBook = month(t, w.file, "s-m1", importedOrders)
	return w
}

// show makes a show of a merchant that has ended, and the token of its owner.
func (w *importing) show(merchant string) string {
	w.t.Helper()
	owner := tokens{t: w.t, data: w.data}.sign("merchant", "owner", merchant)
	room, show := "r-"+merchant, "s-"+merchant
	must(w.t, "POST", w.p.url+"/v1/rooms", owner, object{"room_id": room, "title": "Room", "currency": "CNY", "time_zone": "Asia/Shanghai", "host_ids": []string{"h"}}, nil)
	must(w.t, "POST", w.p.url+"/v1/rooms/"+room+"/shows", owner, object{"show_id": show, "title": "Month"}, nil)
	must(w.t, "POST", w.p.url+"/v1/shows/"+show+"/start", owner, nil, nil)
	must(w.t, "POST", w.p.url+"/v1/shows/"+show+"/end", owner, nil, nil)
	return owner
}

// command is `showrunner import` of the file.
func (w *importing) command(ctx context.Context, file, merchant string, flags ...string) (cmd *exec.Cmd, out, complaint *bytes.Buffer) {
	w.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	args := append([]string{"import", "--kind", "orders", "--in", file, "--url", w.p.url, "--data", w.data, "--merchant", merchant, "--source", "shop", "--batch", "100"}, flags...)
	cmd, out, complaint = exec.CommandContext(ctx, exe, args...), &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stdout, cmd.Stderr = out, complaint
	return cmd, out, complaint
}

// importSummary is what an import says at its end.
type importSummary struct{ Lines, Accepted, Duplicates, Rejected int64 }

// whole runs an import to its end.
func (w *importing) whole(file, merchant string, flags ...string) importSummary {
	w.t.Helper()
	cmd, out, complaint := w.command(deadline(w.t, 2*time.Minute), file, merchant, flags...)
	if err := cmd.Run(); err != nil {
		w.t.Fatalf("import: %v\n%s", err, complaint)
	}
	return w.summary(out)
}

func (w *importing) summary(out *bytes.Buffer) (s importSummary) {
	w.t.Helper()
	if err := json.Unmarshal(out.Bytes(), &s); err != nil {
		w.t.Fatalf("%v in %q", err, out)
	}
	return s
}

// place is the offset up to which an import is done, 0 before the first request.
func (w *importing) place() (p importProgress) {
	w.t.Helper()
	raw, err := os.ReadFile(w.file + ".progress")
	if err != nil {
		return p // Not there so far.
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		w.t.Fatalf("a torn progress file: %v in %q", err, raw)
	}
	return p
}

// reach waits until an import has done that much of the file.
func (w *importing) reach(share int64) {
	w.t.Helper()
	info, err := os.Stat(w.file)
	if err != nil {
		w.t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); w.place().Offset*100 < share*info.Size(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("the import did not reach %d %% in a minute: %+v", share, w.place())
		}
	}
}

// ledger is the balance of every account of a merchant's show.
func (w *importing) ledger(merchant, owner string) any {
	w.t.Helper()
	var got struct{ Balances []any }
	must(w.t, "GET", w.p.url+"/v1/shows/s-"+merchant+"/ledger", owner, nil, &got)
	if len(got.Balances) == 0 {
		w.t.Errorf("the ledger of %s is empty", merchant)
	}
	return got.Balances
}

// reconciled finds that all sides agree, and what they say of the figures that
// the month adds up itself.
func (w *importing) reconciled() map[string]int64 {
	w.t.Helper()
	r := settledReconciliation(w.t, w.p.url+"/v1/shows/s-m1/reconciliation?explain=true", w.owner)
	if !r.Agree {
		w.t.Errorf("the sides differ: %+v", r.differing())
	}
	sums := map[string]int64{}
	for _, row := range r.Rows {
		if _, told := w.sums[row.Currency+" "+row.Figure]; told {
			sums[row.Currency+" "+row.Figure] = row.Ledger
		}
	}
	return sums
}

// same finds nothing lost and nothing doubled: another import of the file adds
// no fact, the money is what the file says, and the ledger is that of an
// import of the same month, by another merchant, that nobody disturbed.
func (w *importing) same() {
	w.t.Helper()
	if again := w.whole(w.file, "m1"); again.Accepted != 0 || again.Duplicates != w.told || again.Rejected != 0 {
		w.t.Errorf("imported once more: %+v, want %d duplicates", again, w.told)
	}
	theirs := w.show("m2")
	calm := filepath.Join(w.t.TempDir(), "calm.ndjson")
	raw, err := os.ReadFile(w.file)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(calm, []byte(strings.ReplaceAll(string(raw), `"s-m1"`, `"s-m2"`)), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if got := w.whole(calm, "m2"); got.Accepted != w.facts || got.Accepted+got.Duplicates != w.told {
		w.t.Errorf("undisturbed: %+v, want %d facts told %d times", got, w.facts, w.told)
	}
	if diff := cmp.Diff(w.ledger("m2", theirs), w.ledger("m1", w.owner)); diff != "" {
		w.t.Errorf("the ledger of the disturbed import (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(w.sums, w.reconciled()); diff != "" {
		w.t.Errorf("sums (-file +ledger):\n%s", diff)
	}
}

// TestImporterKilled ends the import with SIGKILL three times, each further on,
// and goes on with --resume.
func TestImporterKilled(t *testing.T) {
	w := newImporting(t)
	for _, share := range []int64{1, 30, 60} {
		cmd, _, _ := w.command(t.Context(), w.file, "m1", "--resume")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.reach(share)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the import came to its end before it was killed")
		}
	}
	stood := w.place()
	got := w.whole(w.file, "m1", "--resume")
	if got.Lines != w.told || got.Rejected != 0 || got.Accepted+got.Duplicates != w.told || got.Accepted > w.facts || stood.Offset == 0 {
		t.Errorf("resumed at %+v: %+v, want %d lines of %d facts", stood, got, w.told, w.facts)
	}
	w.same()
}

// TestImportServerKilled ends the server with SIGKILL in the middle of an
// import, starts it again, and the import goes on by itself.
func TestImportServerKilled(t *testing.T) {
	w := newImporting(t)
	addr := strings.TrimPrefix(w.p.url, "http://")
	cmd, out, complaint := w.command(t.Context(), w.file, "m1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.reach(25)
	w.p.kill()
	stood := w.place()
	w.p = startProgram(t, w.data, addr)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("import: %v\n%s", err, complaint)
	}
	got := w.summary(out)
	// A request whose answer was lost comes again: its facts are duplicates then.
	if got.Lines != w.told || got.Rejected != 0 || got.Accepted+got.Duplicates != w.told || got.Accepted > w.facts {
		t.Errorf("%+v, want %d lines of %d facts", got, w.told, w.facts)
	}
	if stood.Lines == 0 || stood.Lines >= w.told {
		t.Errorf("the server was not killed in the middle: %+v", stood)
	}
	w.same()
}
