package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"showrunner/conversion/care/complaint"
	"showrunner/conversion/care/need"
	"showrunner/conversion/care/text"
	"showrunner/live"
	"showrunner/live/eventlog"
)

// readerCare is the name of the log's reader that listens for complaints and
// questions; it must never change.
const readerCare = "care"

// dutyCare is the duty of listening for them, which one server has at a time. It
// names a lock, so it must never change.
const dutyCare = "care"

const (
	careBatch  = 1024
	careWait   = 500 * time.Millisecond
	careCommit = 5 * time.Second
)

// care is what customers say, and what is made of it.
type care struct {
	complaints *complaint.Book
	needs      *need.Loop
}

// openCare builds the book of complaints and the loop of needs and starts what
// listens for them.
func (s *server) openCare(context.Context) error {
	newID := func() string { return uuid.Must(uuid.NewV7()).String() }
	s.care.needs = need.New(need.Config{Store: s.store, Words: text.Shared, Entries: need.Desk{Desk: s.service}, NewID: newID, Now: s.now})
	s.care.complaints = complaint.New(complaint.Config{
		Store: s.store, Words: text.Shared, Desk: complaint.DeskAgents{}, Questions: s.care.needs, NewID: newID, Now: s.now,
	})
	s.duties.WithLabelValues(dutyCare).Set(0)
	s.life.start(part{name: "care", run: s.duty(dutyCare, s.listen)})
	return nil
}

// listen is the duty of taking in what facts complain of and ask. Taking a fact
// in twice changes nothing, so the checkpoint may be behind what is done.
func (s *server) listen(ctx context.Context) (err error) {
	r, err := s.eventlog.Reader(ctx, readerCare, live.Position{})
	if err != nil {
		return fmt.Errorf("open the reader of complaints: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var entries []live.Entry
	committed := s.now()
	for ctx.Err() == nil {
		var err error
		if len(entries) == 0 {
			entries, err = r.Next(ctx, careBatch, careWait)
		}
		if err == nil {
			err = s.care.needs.Take(ctx, entries)
		}
		if err == nil {
			err = s.care.complaints.Take(ctx, entries)
		}
		if err == nil {
			entries = nil
			if now := s.now(); now.Sub(committed) >= careCommit {
				committed, err = now, r.Commit(ctx, r.Position(), nil)
			}
		}
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.Is(err, eventlog.ErrReaderLost):
			return err
		default:
			s.log.WarnContext(ctx, "complaints and questions wait", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
	return nil
}

// brief is the brief of a show as panels are welcomed with it; nil: none was
// published.
func (s *server) brief(ctx context.Context, m live.MerchantID, show live.ShowID) (json.RawMessage, error) {
	b, err := s.care.complaints.Brief(ctx, m, show)
	if errors.Is(err, live.NotFound("brief_not_found", "")) || err == nil && b.Version == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"show_id": show, "version": b.Version, "warnings": b.Published, "read_by_host": b.ReadByHost()})
}
