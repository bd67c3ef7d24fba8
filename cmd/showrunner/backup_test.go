package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"showrunner/analytics/clickhouse"
	"showrunner/analytics/engine"
)

// TestBackupRestore makes a backup while viewers comment, buy, pay and return,
// goes on, kills the server, and brings the backup back into an empty folder: the
// report as of an instant before the backup is the same to the byte, nothing
// differs in any reconciliation or audit, and the show goes on.
func TestBackupRestore(t *testing.T) {
	backupRestore(t, backupPlaces{})
}

// TestBackupRestorePostgres is the same with the database in PostgreSQL and with a
// ClickHouse that was started apart.
func TestBackupRestorePostgres(t *testing.T) {
	database := postgres(t)
	urls := [2]string{database(), database()}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	e, err := engine.Start(t.Context(), engine.Config{Dir: dir, Exec: []string{exe, engineChild}, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	watching, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- e.Run(watching) }()
	defer func() {
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	}()
	back := strings.TrimSuffix(e.URL(), engine.Database) + "back"
	backupRestore(t, backupPlaces{
		flags:    []string{"--database", urls[0], "--clickhouse", e.URL(), "--clickhouse-copies", e.Copies()},
		restored: []string{"--database", urls[1], "--clickhouse", back, "--clickhouse-copies", e.Copies()},
		restore: func(c *RestoreCmd) {
			c.Database, c.ClickHouse, c.ClickHouseCopies = urls[1], back, e.Copies()
			beginAgain(t, clickhouse.Config{URL: e.URL(), Now: clock}, dir)
		},
		facts: clickhouse.Config{URL: back, Now: clock},
	})
}

// beginAgain kills the engines of some folders, which are started again by who watches
// over them, and waits until all answer. A server that is killed resets its
// connections: an engine as a library may not survive that, and end at any moment
// after it, while the test goes on.
func beginAgain(t *testing.T, facts clickhouse.Config, dirs ...string) {
	t.Helper()
	before := make([]int, len(dirs))
	for i, dir := range dirs {
		if before[i] = engineIn(t, dir); before[i] == 0 {
			continue // It has ended by itself.
		}
		if err := syscall.Kill(before[i], syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Error(err)
		}
	}
	ctx := deadline(t, time.Minute)
	db, err := clickhouse.Open(ctx, facts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	for i, dir := range dirs {
		for pid := 0; pid == 0 || pid == before[i]; pid = engineIn(t, dir) {
			if sleepFor(ctx, 20*time.Millisecond) != nil {
				t.Fatalf("the engine of %s did not come back", dir)
			}
		}
	}
	for db.Ready(ctx) != nil {
		if sleepFor(ctx, 20*time.Millisecond) != nil {
			t.Fatal("the engines do not answer")
		}
	}
}

// backupPlaces are where a server and the one restored from it keep what they do not
// keep in the data folder.
type backupPlaces struct {
	flags, restored []string
	restore         func(*RestoreCmd)
	facts           clickhouse.Config // of the restored one; the embedded one without it
}

func backupRestore(t *testing.T, at backupPlaces) {
	dir := t.TempDir()
	data, addr := filepath.Join(dir, "data"), freeAddr(t)
	p := startProgram(t, data, addr, at.flags...)
	goods := []good{{"p1", "sku-1", 9900, 100000}, {"p2", "sku-2", 12345, 100000}, {"p3", "sku-3", 100, 100000}}
	s := newStage(t, p.url, data, "m-back", "r-back", "Asia/Shanghai", goods...)
	ctx, cancel := context.WithCancel(deadline(t, 8*time.Minute))
	defer cancel()
	tally := &tallyOfKills{acked: map[string]bool{}, units: map[string]int64{}, orders: map[string]bool{}}
	count := func() int {
		tally.mu.Lock()
		defer tally.mu.Unlock()
		return len(tally.orders)
	}
	var clients sync.WaitGroup
	var over atomic.Bool
	shop := func(first int) {
		over.Store(false)
		for i := first; i < first+6; i++ {
			v := s.viewer(fmt.Sprintf("viewer-%d", i), "channel=group")
			clients.Go(func() {
				defer v.close()
				if err := shopper(ctx, s, v, i, goods, tally, &over); err != nil && ctx.Err() == nil {
					t.Errorf("viewer %d: %v", i, err)
					cancel()
				}
			})
		}
	}
	shop(0)
	more := func(n int) {
		t.Helper()
		for goal := count() + n; count() < goal; {
			if ctx.Err() != nil {
				t.Fatal("the clients did not go on")
			}
			sleep(ctx, 10*time.Millisecond)
		}
	}
	more(20)
	asOf := clock()
	more(20) // What is of the instant is in the log before the backup begins.
	before := reportAsOf(t, p.url, data, s, asOf)
	to := filepath.Join(dir, "backup")
	var out strings.Builder
	if err := (&BackupCmd{Data: data, To: to, By: "ann"}).Execute(ctx, &out, t.Output()); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	kept := count() + 6 // At most so many orders can be in the backup: six viewers may wait for an answer.
	if err := (&BackupCmd{Data: data, To: to, By: "ann"}).Execute(ctx, t.Output(), t.Output()); err == nil {
		t.Error("a backup was made over another")
	}
	more(10)
	over.Store(true)
	clients.Wait()
	p.kill()
	endEngine(t, data)
	if at.flags != nil { // A server without them would copy another place, with nothing in it.
		elsewhere := BackupCmd{Data: data, To: to + "-elsewhere", By: "ann"}
		if err := elsewhere.Execute(ctx, t.Output(), t.Output()); !errors.Is(err, errElsewhere) {
			t.Errorf("a backup of what is elsewhere, by a server without the flags: %v", err)
		}
	}

	back := filepath.Join(dir, "back")
	restore := RestoreCmd{From: to, Data: back, EngineMemory: 2 << 30}
	if at.restore != nil {
		at.restore(&restore)
	}
	if err := restore.Execute(ctx, t.Output(), t.Output()); err != nil {
		t.Fatal(err)
	}
	if err := restore.Execute(ctx, t.Output(), t.Output()); !errors.Is(err, errNotEmpty) {
		t.Errorf("restored over something: %v", err)
	}
	p = startProgram(t, back, addr, at.restored...)
	s.tokens.data = back
	if after := reportAsOf(t, p.url, back, s, asOf); string(before) != string(after) {
		t.Errorf("the report as of %s differs:\n%s\n%s", asOf, before, after)
	}
	s.reconciled(time.Minute)
	orders := s.count("orders")
	if orders < 40 || orders > int64(kept) {
		t.Errorf("%d orders came back, there were 40 to %d", orders, kept)
	}
	// Nothing is missing that makes it go on: orders, payments, the end, the books.
	tally = &tallyOfKills{acked: map[string]bool{}, units: map[string]int64{}, orders: map[string]bool{}}
	shop(10)
	more(15)
	over.Store(true)
	clients.Wait()
	s.command("end_show", object{})
	s.reconciled(time.Minute)
	if got := s.count("orders"); got != orders+int64(count()) {
		t.Errorf("%d orders in the end, want %d and %d", got, orders, count())
	}
	if at.facts.URL == "" {
		at.facts = clickhouse.Config{URL: engineURL(t, back), Now: clock}
	}
	auditOf(t, at.facts)
	p.stop(10 * time.Second)
}

// reportAsOf is the report of the show as of an instant, as bytes, once ClickHouse
// has all of it.
func reportAsOf(t *testing.T, url, data string, s *stage, asOf time.Time) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	c := ReportCmd{URL: url, Data: data, Show: string(s.show), Format: "json", AsOf: asOf.Format(time.RFC3339Nano), Output: file}
	for end := time.Now().Add(2 * time.Minute); ; {
		if err := c.Execute(deadline(t, time.Minute), t.Output(), t.Output()); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), `"complete":true`) {
			return raw
		}
		if time.Now().After(end) {
			t.Fatalf("the report as of %s is never complete: %s", asOf, raw)
		}
	}
}

// TestBackupRefuses tears, bends and ages a backup, and is refused each time with
// what is wrong, before anything is made.
func TestBackupRefuses(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	p := startProgram(t, data, "127.0.0.1:0")
	s := newStage(t, p.url, data, "m-torn", "r-torn", "UTC", good{"p1", "sku-1", 100, 10})
	s.command("end_show", object{})
	p.stop(20 * time.Second)
	good := filepath.Join(dir, "good")
	// No server runs: one is started for it.
	if err := (&BackupCmd{Data: data, To: good, WithoutKeys: true, By: "ann"}).Execute(deadline(t, time.Minute), t.Output(), t.Output()); err != nil {
		t.Fatal(err)
	}
	n := 0
	for name, c := range map[string]struct {
		do   func(dir string) error
		want error
	}{
		"whole":             {func(string) error { return nil }, nil},
		"not finished":      {func(dir string) error { return os.Remove(filepath.Join(dir, manifestFile)) }, errBackupTorn},
		"nothing of ours":   {func(dir string) error { return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)) }, errBackupForeign},
		"not there":         {os.RemoveAll, errBackupForeign},
		"a file is missing": {func(dir string) error { return os.Remove(filepath.Join(dir, backupLog)) }, errBackupTorn},
		"a file too many":   {func(dir string) error { return os.WriteFile(filepath.Join(dir, "x"), nil, 0o600) }, errBackupTorn},
		"a file is shorter": {func(dir string) error { return os.Truncate(filepath.Join(dir, backupLog), 100) }, errBackupTorn},
		"a turned bit":      {func(dir string) error { return turn(filepath.Join(dir, backupStore), 5000) }, errBackupTorn},
		"a bent manifest":   {func(dir string) error { return bend(dir, `"keys": false`, `"keys": true`, false) }, errBackupTorn},
		"half a manifest":   {func(dir string) error { return os.Truncate(filepath.Join(dir, manifestFile), 200) }, errBackupTorn},
		"another's":         {func(dir string) error { return bend(dir, `"showrunner-backup"`, `"other-backup"`, true) }, errBackupForeign},
		"a newer format":    {func(dir string) error { return bend(dir, `"version": 1`, `"version": 2`, true) }, errBackupNewer},
	} {
		t.Run(name, func(t *testing.T) {
			n++
			from := filepath.Join(dir, fmt.Sprint("b", n))
			if err := copyTree(from, good); err != nil {
				t.Fatal(err)
			}
			if err := c.do(from); err != nil {
				t.Fatal(err)
			}
			back := from + "-back"
			r := RestoreCmd{From: from, Data: back, EngineMemory: 2 << 30, Check: c.want == nil}
			if err := r.Execute(deadline(t, time.Minute), t.Output(), t.Output()); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			for _, made := range []string{back, back + ".restoring"} {
				if _, err := os.Stat(made); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s was made: %v", made, err)
				}
			}
		})
	}
	// What is whole but of a newer program, and a folder that is not empty.
	newer := filepath.Join(dir, "newer")
	if err := errors.Join(copyTree(newer, good), bend(newer, `"versions": [`+"\n      1,", `"versions": [`+"\n      1,\n      99999,", true)); err != nil {
		t.Fatal(err)
	}
	ctx := deadline(t, time.Minute)
	if err := (&RestoreCmd{From: newer, Data: newer + "-back", EngineMemory: 2 << 30}).Execute(ctx, t.Output(), t.Output()); err == nil || !strings.Contains(err.Error(), "store_newer") {
		t.Errorf("a newer database: %v", err)
	}
	if err := (&RestoreCmd{From: good, Data: data, EngineMemory: 2 << 30}).Execute(ctx, t.Output(), t.Output()); !errors.Is(err, errNotEmpty) {
		t.Errorf("a folder that is not empty: %v", err)
	}
	if err := (&RestoreCmd{From: good, Data: newer + "-back", Database: "postgres://127.0.0.1/x"}).Execute(ctx, t.Output(), t.Output()); !errors.Is(err, errUsage) {
		t.Errorf("another database: %v", err)
	}
}

// turn turns one bit of a file.
func turn(path string, at int64) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	raw[min(at, int64(len(raw)-1))] ^= 1
	return os.WriteFile(path, raw, 0o600)
}

// bend changes the manifest, with its sum or without.
func bend(dir, old, with string, summed bool) error {
	path := filepath.Join(dir, manifestFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	bent := strings.Replace(string(raw), old, with, 1)
	if bent == string(raw) {
		return fmt.Errorf("the manifest has no %s", old)
	}
	if !summed {
		return os.WriteFile(path, []byte(bent), 0o600)
	}
	var m manifest
	if err := json.Unmarshal([]byte(bent), &m); err != nil {
		return err
	}
	if err := errors.Join(os.Remove(path), os.Remove(filepath.Join(dir, manifestSum))); err != nil {
		return err
	}
	return m.write(dir)
}

// TestBackupKilled kills the server in the middle of backups: none of them passes
// for a whole one, the server comes back, and the next backup is whole.
func TestBackupKilled(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	for n, wait := range []time.Duration{5, 40, 120} {
		p := startProgram(t, data, "127.0.0.1:0")
		if n == 0 {
			newStage(t, p.url, data, "m-k", "r-k", "UTC", good{"p1", "sku-1", 100, 10})
		}
		to := filepath.Join(dir, fmt.Sprint("killed", n))
		made := make(chan error, 1)
		go func() {
			made <- (&BackupCmd{Data: data, To: to, By: "ann"}).Execute(t.Context(), t.Output(), t.Output())
		}()
		for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			if found, err := os.ReadDir(to); err == nil && len(found) >= n {
				break
			}
			if time.Now().After(end) {
				t.Fatal("the backup did not begin")
			}
		}
		time.Sleep(wait * time.Millisecond)
		if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		p.kill()
		err := <-made
		endEngine(t, data)
		if _, check := readManifest(to); (err == nil) != (check == nil) && check == nil {
			// The answer may be lost after the manifest was written, never the reverse.
			t.Logf("backup %d is whole and was not told: %v", n, err)
		} else if err == nil && check != nil {
			t.Errorf("backup %d was told to be made and is not whole: %v", n, check)
		}
	}
	to := filepath.Join(dir, "whole")
	if err := (&BackupCmd{Data: data, To: to, By: "ann"}).Execute(deadline(t, time.Minute), t.Output(), t.Output()); err != nil {
		t.Fatal(err)
	}
	m, err := readManifest(to)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(m.Files, func(f backedFile) bool { return strings.HasPrefix(f.Path, backupKeys+"/") }) {
		t.Error("the keys are not in it")
	}
}
