package live

import "slices"

// ActionsOf lists what a role may do by [Rights], in ascending order. It is for
// callers that want to leave out what would be refused; the refusal itself goes
// by [Principal.May].
func ActionsOf(r Role) []Action {
	actions := []Action{}
	for a, roles := range Rights {
		if slices.Contains(roles, r) {
			actions = append(actions, a)
		}
	}
	slices.Sort(actions)
	return actions
}
