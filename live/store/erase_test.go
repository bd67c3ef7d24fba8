package store

import (
	"regexp"
	"testing"
)

// keptNames are columns that look as if they held names of people, and why an
// erasure leaves them.
var keptNames = map[string]string{
	"audit.actor_id":   "the record of who did what is never rewritten",
	"audit.actor_name": "likewise",
	"audit.actor_role": "a role",

	"alert_rules.set_by": "staff",
	"alerts.acked_by":    "staff",
	"alerts.subject":     "a SKU",

	"draws.winners":                    "names of entries, which are hashes",
	"items.per_person":                 "a number",
	"coupon_batches.per_person":        "a number",
	"coupon_drops.per_person":          "a number",
	"flash_sales.per_person":           "a number",
	"service_hands.agent_id":           "staff",
	"checklist_ticks.actor_id":         "staff",
	"checklist_ticks.actor_name":       "staff",
	"checklist_ticks.actor_role":       "a role",
	"host_shifts.host_id":              "staff",
	"ladder_moves.by_class":            "a class of touches",
	"ladder_moves.by_show":             "a show",
	"settlements.uploaded_by":          "staff",
	"report_runs.subject":              "a show, or days",
	"sqlite_sequence.name":             "of a table",
	"red_packets.per_person":           "a number",
	"rooms.hosts":                      "staff",
	"ladder_rules.set_by":              "staff",
	"ladder_rules.set_by_name":         "staff",
	"ladder_rules.set_by_role":         "a role",
	"person_facts.agent_id":            "staff",
	"person_facts.by_agent":            "yes or no",
	"ladder_people.agent_id":           "staff",
	"ladder_moves.by_agent":            "staff",
	"partners.decided_by":              "staff",
	"partner_log.actor_role":           "a role",
	"erasures.person_id":               "the new name",
	"erasures.asked_by":                "staff",
	"erasure_names.old_name":           "forgotten by FinishErasure",
	"erasure_names.new_name":           "the new name",
	"pinned_comments.name":             "emptied",
	"draw_entries.name":                "emptied",
	"bots.by_operator":                 "a truth",
	"coupon_drops.ends_by":             "what ends it",
	"draw_entries.claim_by":            "a time",
	"erasures.names":                   "a number",
	"care_complaints.agent_id":         "staff",
	"care_complaints.corrected_by":     "staff",
	"care_complaint_log.actor_id":      "staff",
	"care_complaint_log.actor_role":    "a role",
	"care_finding_log.actor_id":        "staff",
	"care_finding_log.actor_role":      "a role",
	"care_briefs.changed_by":           "staff",
	"care_brief_versions.published_by": "staff",
	"care_brief_reads.actor_id":        "staff",
	"care_brief_reads.actor_role":      "a role",
	"care_needs.agent_id":              "staff",
	"care_need_log.actor_id":           "staff",
	"care_need_log.actor_role":         "a role",
	"incubation_candidates.agent_id":   "staff",
	"incubation_proofs.agent_id":       "staff",
	"incubation_proofs.proved_by":      "staff",
	"incubation_drills.agent_id":       "staff",
	"incubation_comments.actor_id":     "the crew of a rehearsal",
	"incubation_shadows.agent_id":      "staff",
	"incubation_promotions.agent_id":   "staff",
	"incubation_promotions.asked_by":   "staff",
	"incubation_promotions.decided_by": "staff",
	"counters.name":                    "of a counter",
	"ladder_checkpoint.name":           "of a reader",
	"delivery_checkpoint.name":         "of a reader",

	"care_groups.agent_id":         "staff",
	"care_groups.host_id":          "staff",
	"care_groups.personas":         "staff",
	"care_group_owners.agent_id":   "staff",
	"care_group_owners.decided_by": "staff",
	"care_group_alarms.agent_id":   "staff",
	"care_group_alarms.decided_by": "staff",

	"service_entries.agent_id":        "staff",
	"service_entries.persona":         "the part an agent plays",
	"service_sessions.agent_id":       "staff",
	"service_sessions.last_agent_id":  "staff",
	"service_sessions.avoid_agent_id": "staff",
	"service_sessions.persona":        "the part an agent plays",
	"service_sessions.initiated_by":   "viewer or agent",
	"service_messages.agent_id":       "staff",
	"service_messages.said_by":        "viewer, bot or agent",
	"service_people.agent_id":         "staff",
	"service_agents.agent_id":         "staff",
	"service_agents.name":             "of staff",
	"service_agents.personas":         "the parts an agent plays",
	"service_turns.agent_id":          "staff",
	"service_turns.past_agent":        "staff",
	"service_turns.persona":           "the part an agent plays",

	"guard_checkpoint.name":         "of a reader",
	"guard_rules.set_by":            "staff",
	"guard_rules.set_by_role":       "a role",
	"guard_wishes.set_by_role":      "a role",
	"guard_touches.agent_id":        "staff",
	"guard_touches.sent_by":         "staff",
	"guard_touches.sent_by_role":    "a role",
	"guard_pauses.set_by":           "staff",
	"guard_pauses.set_by_role":      "a role",
	"guard_followups.agent_id":      "staff",
	"guard_followups.assigned_by":   "staff",
	"guard_followups.assigned_role": "a role",
}

var looksLikeAName = regexp.MustCompile(`person|buyer|referrer|viewer|canonical|actor|customer|agent|subject|winner|host|_by$|^by_|name`)

// TestErasureKnowsEveryName: whoever adds a column with names of people says
// here, or in nameColumns, what becomes of it when one is forgotten.
func TestErasureKnowsEveryName(t *testing.T) {
	if onPostgres() {
		t.Skip("the schema is the same")
	}
	s, _ := fresh(t)
	known := map[string]bool{}
	for _, c := range nameColumns {
		known[c.table+"."+c.column] = true
	}
	rows, err := s.reader(t.Context()).query(`SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1`)
	columns, err := collect(rows, err, func(r scanner) (name string, err error) { return name, r.Scan(&name) })
	if err != nil || len(columns) < 100 {
		t.Fatalf("%d columns, %v", len(columns), err)
	}
	all := map[string]bool{}
	for _, c := range columns {
		all[c] = true
		if looksLikeAName.MatchString(c[len(c)-len(columnName(c)):]) && !known[c] && keptNames[c] == "" {
			t.Errorf("%s may hold names of people, and nobody says what becomes of them when one is forgotten", c)
		}
	}
	for c := range known {
		if !all[c] {
			t.Errorf("%s is renamed, and does not exist", c)
		}
	}
}

func columnName(c string) string {
	for i := len(c) - 1; i >= 0; i-- {
		if c[i] == '.' {
			return c[i+1:]
		}
	}
	return c
}
