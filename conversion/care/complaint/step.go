package complaint

import (
	"slices"

	"showrunner/live"
)

// State is how far a complaint is.
type State string

// The states. Suggested, dismissed and withdrawn complaints are in no rate.
const (
	Suggested State = "suggested" // by a machine that guesses; a person has to confirm it
	Opened    State = "open"
	Escalated State = "escalated"
	Mediated  State = "mediated" // the platform or a third party speaks
	Resolved  State = "resolved"
	Reopened  State = "reopened"
	Withdrawn State = "withdrawn" // the customer took it back
	Dismissed State = "dismissed" // a suggestion that was none
)

// States lists every state.
var States = []State{Suggested, Opened, Escalated, Mediated, Resolved, Reopened, Withdrawn, Dismissed}

// Valid reports whether s is a state.
func (s State) Valid() bool { return slices.Contains(States, s) }

// Counts reports whether complaints of this state are in the rates.
func (s State) Counts() bool { return s != Suggested && s != Withdrawn && s != Dismissed }

// Step is what somebody does about a complaint.
type Step string

// The steps. Suggest, Open, Tell and Reclassify come about by what is told and
// are no commands.
const (
	Suggest  Step = "suggest"
	Open     Step = "open"
	Tell     Step = "tell" // more evidence of the same
	Confirm  Step = "confirm"
	Dismiss  Step = "dismiss"
	Correct  Step = "correct" // another cause, by a person
	Assign   Step = "assign"
	Escalate Step = "escalate"
	Mediate  Step = "mediate"
	Resolve  Step = "resolve"
	Reopen   Step = "reopen"
	Withdraw Step = "withdraw"
	FollowUp Step = "follow_up" // asked afterwards how it went
)

// turn is one row of the table of steps.
type turn struct {
	from []State
	to   State     // empty: it stays
	fact live.Kind // empty: told by none
}

var unresolved = []State{Opened, Escalated, Mediated, Reopened}

// turns is what may follow what. Whatever is not here is refused as wrong_state.
var turns = map[Step]turn{
	Confirm:  {[]State{Suggested}, Opened, live.ComplaintOpened},
	Dismiss:  {[]State{Suggested}, Dismissed, ""},
	Correct:  {append([]State{Suggested, Resolved}, unresolved...), "", live.ComplaintClassified},
	Assign:   {append([]State{Suggested}, unresolved...), "", ""},
	Escalate: {[]State{Opened, Mediated, Reopened}, Escalated, live.ComplaintEscalated},
	Mediate:  {[]State{Opened, Escalated, Reopened}, Mediated, live.ComplaintMediated},
	Resolve:  {unresolved, Resolved, live.ComplaintResolved},
	Reopen:   {[]State{Resolved}, Reopened, live.ComplaintReopened},
	Withdraw: {append([]State{Resolved}, unresolved...), Withdrawn, live.ComplaintWithdrawn},
	FollowUp: {[]State{Resolved}, "", live.FollowupDone},
}

// Steps lists the steps that somebody may order, in the order of a complaint's life.
var Steps = []Step{Confirm, Dismiss, Correct, Assign, Escalate, Mediate, Resolve, FollowUp, Reopen, Withdraw}

// after is the state after a step, or why it may not be taken.
func (s State) after(step Step) (State, error) {
	t, ok := turns[step]
	if !ok {
		return "", live.Invalid("invalid_field", "step", "%q is no step", string(step))
	}
	if !slices.Contains(t.from, s) {
		no := live.Conflict("wrong_state", "the complaint is %s, and %s does not follow that", string(s), string(step))
		no.Data = map[string]any{"state": string(s)}
		return "", no
	}
	if t.to == "" {
		return s, nil
	}
	return t.to, nil
}
