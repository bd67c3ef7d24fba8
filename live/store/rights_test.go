package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"showrunner/live"
)

// TestCommandRights walks every command with every role past the edge: the store
// itself refuses what the table does not allow, whoever asks it, and tells an
// unknown room nothing more.
func TestCommandRights(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 5)
	moved := int64(1 << 40)
	for _, c := range live.Commands {
		for _, role := range live.Roles {
			cmd := command(c, fmt.Sprintf("%s-%s", c, role), `{}`)
			cmd.By = live.Principal{Subject: "walk-" + string(role), Role: role, Merchant: "m1"}
			cmd.ExpectedVersion = &moved // What is allowed is refused for another reason, and changes nothing.
			res, err := s.Execute(t.Context(), cmd)
			if err == nil && res.Err != nil {
				err = res.Err
			}
			may := slices.Contains(live.Rights[c.Action()], role)
			if forbidden := errors.Is(err, live.Forbidden("forbidden", "")); forbidden == may {
				t.Errorf("%s as %s: %v, but the table says may = %v", c, role, err, may)
			}
			if err == nil {
				t.Errorf("%s as %s was done", c, role)
			}
			cmd.By.Merchant = "m2"
			if res, err := s.Execute(t.Context(), cmd); err == nil && res.Err == nil {
				t.Errorf("%s as %s of another merchant was done", c, role)
			}
		}
	}
}
