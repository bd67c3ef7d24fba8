package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"showrunner/conversion/care/complaint"
	"showrunner/conversion/care/incubation"
	"showrunner/conversion/care/intake"
	"showrunner/conversion/care/need"
	"showrunner/conversion/care/text"
	"showrunner/live"
)

// readerCare is the name of the log's reader that listens for complaints and
// questions; it must never change.
const readerCare = "care"

// dutyCare is the duty of listening for them, which one server has at a time. It
// names a lock, so it must never change.
const dutyCare = "care"

// care is what customers say, and what is made of it.
type careBook struct {
	complaints *complaint.Book
	needs      *need.Loop
	hosts      *incubation.Book // who becomes one
}

// openCare builds the book of complaints and the loop of needs and starts what
// listens for them.
func (s *server) openCare(context.Context) error {
	newID := func() string { return uuid.Must(uuid.NewV7()).String() }
	s.care.needs = need.New(need.Config{Store: s.store, Words: text.Shared, Entries: need.Desk{Desk: s.service}, NewID: newID, Now: s.now})
	s.care.complaints = complaint.New(complaint.Config{
		Store: s.store, Words: text.Shared, Desk: complaint.DeskAgents{}, Questions: s.care.needs, NewID: newID, Now: s.now,
	})
	s.care.hosts = incubation.New(s.store, newID)
	s.duties.WithLabelValues(dutyCare).Set(0)
	s.life.start(part{name: "care", run: s.duty(dutyCare, s.listen)})
	return nil
}

// listen is the duty of taking in what facts complain of and ask.
func (s *server) listen(ctx context.Context) error {
	r, err := s.eventlog.Reader(ctx, readerCare, live.Position{})
	if err != nil {
		return fmt.Errorf("open the reader of complaints: %w", err)
	}
	in := intake.New(intake.Config{
		Reader: r, Log: s.eventlog, Store: s.store, Hearers: []intake.Hearer{s.care.needs, s.care.complaints, s.care.hosts}, Now: s.now, Logger: s.log,
	})
	return errors.Join(in.Run(ctx), r.Close())
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
