package clickhouse

import "showrunner/conversion"

// touchColumns gathers what a touch says beside its stage and channel; the
// columns are empty for all other events.
type touchColumns struct {
	rule, host, agent, agentName, group, groupName, entry, referrer, currency []string
	cost                                                                      []int64
}

// touchNames are the columns in the order of data.
var touchNames = [...]string{
	"touch_rule", "touch_host", "touch_agent", "touch_agent_name", "touch_group", "touch_group_name",
	"touch_entry", "touch_referrer", "touch_cost_currency", "touch_cost",
}

func (c *touchColumns) add(t *conversion.Touchpoint) {
	c.rule = append(c.rule, t.Rule)
	c.host = append(c.host, t.Host)
	c.agent, c.agentName = append(c.agent, t.Agent), append(c.agentName, t.AgentName)
	c.group, c.groupName = append(c.group, t.Group), append(c.groupName, t.GroupName)
	c.entry = append(c.entry, t.Entry)
	c.referrer = append(c.referrer, string(t.Referrer))
	c.cost, c.currency = append(c.cost, t.Cost), append(c.currency, string(t.CostCurrency))
}

func (c *touchColumns) data() []any {
	return []any{c.rule, c.host, c.agent, c.agentName, c.group, c.groupName, c.entry, c.referrer, c.currency, c.cost}
}
