package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"showrunner/live"
)

// TestBackupWaits: a backup waits while somebody is forgotten, which a server does
// at its start; only another backup refuses it.
func TestBackupWaits(t *testing.T) {
	s := &server{cfg: newServe()}
	code := func(err error) string {
		if e, ok := errors.AsType[*live.Error](err); ok {
			return e.Code
		}
		return "none"
	}
	s.backing.Lock()
	ended := make(chan error, 1)
	go func() {
		_, err := s.backup(t.Context(), &backupRequest{})
		ended <- err
	}()
	for begun := false; !begun; time.Sleep(time.Millisecond) {
		select {
		case err := <-ended:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
		if begun = !s.copying.TryLock(); !begun {
			s.copying.Unlock()
		}
	}
	if _, err := s.backup(t.Context(), &backupRequest{}); code(err) != "backup_runs" {
		t.Errorf("a second backup: %v", err)
	}
	s.backing.Unlock()
	// This server has nothing to copy, which is what is looked at next.
	if err := <-ended; code(err) != "backup_external_clickhouse" {
		t.Errorf("got %v", err)
	}
}

// TestOwnSink: a server on its own has a sink a moment after its start, one of
// several may have none.
func TestOwnSink(t *testing.T) {
	s := &server{cfg: newServe(), carriage: &carriage{}}
	begun := make(chan struct{})
	go func() {
		defer close(begun)
		s.ownSink(t.Context())
	}()
	select {
	case <-begun:
		t.Error("it did not wait for the sink")
	case <-time.After(10 * sinkAgain):
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if s.ownSink(gone) != nil {
		t.Error("a sink out of nothing")
	}
	s = &server{cfg: newServe(), carriage: &carriage{}}
	s.cfg.Node = "b"
	if s.ownSink(t.Context()) != nil {
		t.Error("a sink out of nothing")
	}
}
