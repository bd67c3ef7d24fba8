package main

import (
	"context"

	"showrunner/conversion/care/desk"
)

// openService builds the service desk.
func (s *server) openService(context.Context) error {
	s.service = desk.New(desk.Config{Store: s.store, Now: s.now, Logger: s.log})
	return nil
}
