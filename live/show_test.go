package live_test

import (
	"errors"
	"testing"

	"showrunner/live"
)

// Every state against every command: what is not in the picture is refused.
func TestShowTransitions(t *testing.T) {
	type step struct {
		from live.ShowState
		cmd  live.CommandName
	}
	allowed := map[step]live.ShowState{
		{live.ShowStateScheduled, live.StartShow}: live.ShowStateLive,
		{live.ShowStateLive, live.PauseShow}:      live.ShowStatePaused,
		{live.ShowStatePaused, live.ResumeShow}:   live.ShowStateLive,
		{live.ShowStateLive, live.EndShow}:        live.ShowStateEnded,
		{live.ShowStatePaused, live.EndShow}:      live.ShowStateEnded,
	}
	for _, from := range []live.ShowState{live.ShowStateScheduled, live.ShowStateLive, live.ShowStatePaused, live.ShowStateEnded, live.ShowStateSettled} {
		for _, cmd := range live.Commands {
			got, err := from.Next(cmd)
			want, ok := allowed[step{from, cmd}]
			var e *live.Error
			switch {
			case ok && (err != nil || got != want):
				t.Errorf("%s %s = %s, %v; want %s", from, cmd, got, err, want)
			case !ok && (!errors.As(err, &e) || e.Code != "wrong_state" || e.Fault != live.FaultConflict || e.Data["state"] != string(from)):
				t.Errorf("%s %s = %s, %v; want a conflict that names the state", from, cmd, got, err)
			}
		}
		if from.OnAir() && from.Over() {
			t.Errorf("%s is on air and over", from)
		}
	}
}
