package live_test

import (
	"slices"
	"testing"

	"showrunner/live"
)

// The whole table, read the other way round: what each role may not do.
func TestRightsTable(t *testing.T) {
	for _, c := range live.Commands {
		if _, ok := live.Rights[c.Action()]; !ok {
			t.Errorf("nobody may give the command %s", c)
		}
		if !c.Known() {
			t.Errorf("%s is not known", c)
		}
	}
	if live.CommandName("dance").Known() {
		t.Error("dance is known")
	}
	for action, roles := range live.Rights {
		seen := map[live.Role]bool{}
		for _, r := range roles {
			if !r.Valid() {
				t.Errorf("%s is granted to %q, which no token may carry", action, r)
			}
			if seen[r] {
				t.Errorf("%s is granted twice to %s", action, r)
			}
			seen[r] = true
		}
		for _, r := range live.Roles {
			p := live.Principal{Subject: "x", Role: r, Merchant: "m"}
			if got, want := p.May(action), slices.Contains(roles, r); got != want {
				t.Errorf("%s may %s = %v, want %v", r, action, got, want)
			}
		}
	}
	for _, a := range []live.Action{live.ActMoney, live.ActReport, live.ActReconcile, live.ActAudit, live.ActOrderRead} {
		for _, r := range []live.Role{live.RoleModerator, live.RoleViewer, live.RoleIntegration} {
			if (live.Principal{Role: r}).May(a) {
				t.Errorf("%s may %s", r, a)
			}
		}
	}
	if (live.Principal{Role: live.RoleAuditor}).May(live.ActShelfWrite) {
		t.Error("an auditor may change a shelf")
	}
	if (live.Principal{Role: live.RoleAdmin}).May("no.such.action") {
		t.Error("an action without a row is allowed")
	}
}

func TestScope(t *testing.T) {
	for name, tc := range map[string]struct {
		p    live.Principal
		m    live.MerchantID
		r    live.RoomID
		want bool
	}{
		"own merchant":              {live.Principal{Role: live.RoleHost, Merchant: "m"}, "m", "r", true},
		"other merchant":            {live.Principal{Role: live.RoleHost, Merchant: "m"}, "n", "r", false},
		"in the list":               {live.Principal{Role: live.RoleHost, Merchant: "m", Rooms: []live.RoomID{"r"}}, "m", "r", true},
		"not in the list":           {live.Principal{Role: live.RoleHost, Merchant: "m", Rooms: []live.RoomID{"q"}}, "m", "r", false},
		"empty list is no room":     {live.Principal{Role: live.RoleHost, Merchant: "m", Rooms: []live.RoomID{}}, "m", "r", false},
		"admin of all":              {live.Principal{Role: live.RoleAdmin}, "m", "r", true},
		"admin of one":              {live.Principal{Role: live.RoleAdmin, Merchant: "n"}, "m", "r", false},
		"no merchant and no admin":  {live.Principal{Role: live.RoleMerchant}, "m", "r", false},
		"nobody and a nameless one": {live.Principal{}, "m", "r", false},
	} {
		if got := tc.p.Sees(tc.m, tc.r); got != tc.want {
			t.Errorf("%s: sees = %v, want %v", name, got, tc.want)
		}
	}
}
