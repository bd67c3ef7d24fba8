package clickhouse

import (
	"github.com/ClickHouse/ch-go/proto"

	"showrunner/conversion"
)

// touchColumns gathers what a touch says beside its stage and channel; the
// columns are empty for all other events.
type touchColumns struct {
	rule, host, agent, agentName, group, groupName, entry, currency wordColumn
	referrer                                                        textColumn
	cost                                                            numberColumn[int64]
}

func (c *touchColumns) columns() []named {
	c.cost.typ = proto.ColumnTypeInt64
	return []named{
		{"touch_rule", &c.rule},
		{"touch_host", &c.host},
		{"touch_agent", &c.agent},
		{"touch_agent_name", &c.agentName},
		{"touch_group", &c.group},
		{"touch_group_name", &c.groupName},
		{"touch_entry", &c.entry},
		{"touch_referrer", &c.referrer},
		{"touch_cost_currency", &c.currency},
		{"touch_cost", &c.cost},
	}
}

func (c *touchColumns) add(row int, t *conversion.Touchpoint) {
	c.rule.put(row, t.Rule)
	c.host.put(row, t.Host)
	c.agent.put(row, t.Agent)
	c.agentName.put(row, t.AgentName)
	c.group.put(row, t.Group)
	c.groupName.put(row, t.GroupName)
	c.entry.put(row, t.Entry)
	c.referrer.put(row, string(t.Referrer))
	c.cost.put(row, t.Cost)
	c.currency.put(row, string(t.CostCurrency))
}
