package live

import (
	"slices"
	"time"
)

// ShowState is where a show stands: scheduled → live ⇄ paused → ended → settled.
type ShowState string

// The states of a show.
const (
	ShowStateScheduled ShowState = "scheduled"
	ShowStateLive      ShowState = "live"
	ShowStatePaused    ShowState = "paused"
	ShowStateEnded     ShowState = "ended"
	ShowStateSettled   ShowState = "settled"
)

// OnAir reports whether viewers are in front of a running show.
func (s ShowState) OnAir() bool { return s == ShowStateLive || s == ShowStatePaused }

// Over reports whether the show will not go on.
func (s ShowState) Over() bool { return s == ShowStateEnded || s == ShowStateSettled }

// Show is one broadcast in a room. A resumed show is the same show.
type Show struct {
	ID             ShowID
	Room           RoomID
	Merchant       MerchantID
	Title          string
	Currency       Currency // copied from the room when the show is made
	TimeZone       string   // copied from the room when the show is made
	State          ShowState
	Rehearsal      bool
	PlannedStartAt time.Time // zero: not planned
	StartedAt      time.Time // zero: not started
	EndedAt        time.Time // zero: not ended
	CreatedAt      time.Time
	Version        int64     // grows by one with every change of the show or its shelf
	Pinned         ProductID // empty: nothing is pinned
}

// Within is how much of the span that ended at an instant lay between the
// start of the show and its end: nobody watches a show that is not on.
func (s *Show) Within(until time.Time, span time.Duration) time.Duration {
	if s.StartedAt.IsZero() {
		return 0
	}
	from := until.Add(-span)
	if from.Before(s.StartedAt) {
		from = s.StartedAt
	}
	if !s.EndedAt.IsZero() && until.After(s.EndedAt) {
		until = s.EndedAt
	}
	return max(until.Sub(from), 0)
}

// transitions is the state machine, by command.
var transitions = map[CommandName]struct {
	from []ShowState
	to   ShowState
}{
	StartShow:  {[]ShowState{ShowStateScheduled}, ShowStateLive},
	PauseShow:  {[]ShowState{ShowStateLive}, ShowStatePaused},
	ResumeShow: {[]ShowState{ShowStatePaused}, ShowStateLive},
	EndShow:    {[]ShowState{ShowStateLive, ShowStatePaused}, ShowStateEnded},
}

// Next is the state a command leads to. A command that the present state does
// not allow is a conflict with code "wrong_state" and the state in its data.
func (s ShowState) Next(c CommandName) (ShowState, error) {
	t := transitions[c]
	if slices.Contains(t.from, s) {
		return t.to, nil
	}
	err := Conflict("wrong_state", "%s is not possible while the show is %s", c, s)
	err.Data = map[string]any{"state": string(s)}
	return "", err
}
