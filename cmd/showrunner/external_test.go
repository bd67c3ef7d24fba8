package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"showrunner/analytics/engine"
)

// TestExternalEngine points --clickhouse at an engine that was started apart
// from the server, over the native protocol and over HTTP, and plays the same
// show as the demo against each.
func TestExternalEngine(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	lib, err := engine.FindLibrary()
	if err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]func(*engine.Engine) string{
		"native": (*engine.Engine).URL,
		"http":   (*engine.Engine).HTTPURL,
	} {
		t.Run(name, func(t *testing.T) {
			e, err := engine.Start(t.Context(), engine.Config{
				Dir: t.TempDir(), LibraryPath: lib, Exec: []string{exe, engineChild}, Now: clock, Logger: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := e.Close(deadline(t, 20*time.Second)); err != nil {
					t.Error(err)
				}
			}()
			data := t.TempDir()
			p := startProgram(t, data, "127.0.0.1:0", "--clickhouse", url(e))
			if pid := p.enginePID(); pid != 0 {
				t.Errorf("an engine of its own runs beside the external one: %d", pid)
			}
			sim := SimulateCmd{URL: p.url, Data: data, Viewers: 40, Minutes: 6, Speed: 60, Seed: 7}
			if err := sim.Execute(deadline(t, 4*time.Minute), t.Output(), t.Output()); err != nil {
				t.Fatal(err)
			}
			audit(t, url(e))
			p.stop(10 * time.Second)
		})
	}
}

// TestExternalLog points --nats at a server that was started apart, and plays a
// show on it. The data folder holds no log of its own then.
func TestExternalLog(t *testing.T) {
	ns, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
		MaxPayload: 4 << 20, NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	defer func() {
		ns.Shutdown()
		ns.WaitForShutdown()
	}()
	if !ns.ReadyForConnections(20 * time.Second) {
		t.Fatal("the NATS server did not start")
	}
	data := t.TempDir()
	p := startProgram(t, data, "127.0.0.1:0", "--nats", ns.ClientURL())
	sim := SimulateCmd{URL: p.url, Data: data, Viewers: 40, Minutes: 6, Speed: 60, Seed: 8}
	if err := sim.Execute(deadline(t, 4*time.Minute), t.Output(), t.Output()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(data, "log")); !os.IsNotExist(err) {
		t.Errorf("the server made a log of its own beside the external one: %v", err)
	}
	audit(t, engineURL(t, data))
	p.stop(10 * time.Second)
}

// gaveAway fails unless somebody took coupons, shares and places in the draws:
// nothing agrees with nothing.
func gaveAway(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v simVerdict
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, row := range v.Rows {
		if row.List == "benefits" {
			got[row.Figure] = row.Tally
		}
	}
	for _, figure := range []string{"coupons claimed", "red packet shares", "red packet minor", "draw 1 entries", "draw 2 entries", "draw 1 holds against its proof"} {
		if got[figure] == 0 {
			t.Errorf("%s: none; all are %v", figure, got)
		}
	}
}

// TestShow plays the demo's show on embedded engines, restarts the server on
// the same data, and finds the same report.
func TestShow(t *testing.T) {
	data := t.TempDir()
	p := startProgram(t, data, "127.0.0.1:0")
	sim := SimulateCmd{URL: p.url, Data: data, Viewers: 80, Minutes: 10, Speed: 60, Seed: 3, Room: "r-show", Merchant: "m-show", Out: filepath.Join(data, "sim.json")}
	if err := sim.Execute(deadline(t, 5*time.Minute), t.Output(), t.Output()); err != nil {
		t.Fatal(err)
	}
	gaveAway(t, sim.Out)
	audit(t, engineURL(t, data))
	p.stop(10 * time.Second)

	again := startProgram(t, data, "127.0.0.1:0")
	var shows struct {
		Items []struct {
			ID    string `json:"show_id"`
			State string `json:"state"`
		} `json:"items"`
	}
	operator := tokens{t: t, data: data}.sign("operator", "op", "m-show")
	must(t, "GET", again.url+"/v1/shows", operator, nil, &shows)
	if len(shows.Items) != 1 || shows.Items[0].State != "ended" {
		t.Fatalf("after a restart the shows are %+v", shows.Items)
	}
	asOf := clock().Format("2006-01-02T15:04:05.000Z")
	report := func(p *program) string {
		_, body, err := call(t.Context(), "GET", p.url+"/v1/shows/"+shows.Items[0].ID+"/report?format=json&as_of="+asOf, operator, nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	first := report(again)
	again.stop(10 * time.Second)
	third := startProgram(t, data, "127.0.0.1:0")
	if second := report(third); second != first {
		t.Errorf("the report as of %s changed over a restart:\n%s\n%s", asOf, first, second)
	}
	third.stop(10 * time.Second)

	// Without a running server the command starts the one of the data folder.
	var printed bytes.Buffer
	fromData := ReportCmd{Data: data, Show: shows.Items[0].ID, Format: "json", AsOf: asOf, Output: "-"}
	if err := fromData.Execute(deadline(t, 2*time.Minute), &printed, t.Output()); err != nil {
		t.Fatal(err)
	}
	if printed.String() != first {
		t.Errorf("the command prints another report as of %s:\n%s\n%s", asOf, first, printed.String())
	}
}
