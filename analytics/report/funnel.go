package report

import (
	"fmt"

	"showrunner/analytics"
)

// funnelBar is one rung, as wide as its persons are of the widest rung.
type funnelBar struct {
	ZH, EN         string
	PV, UV         string
	PVRate, UVRate string
	W              string
	Tip            string
}

func funnelBars(r *analytics.Report, p *printer) []funnelBar {
	most := int64(1)
	for _, s := range r.Figures.Funnel.Steps {
		most = max(most, s.UV)
	}
	t := &r.Funnel
	zh, en, pvr, uvr := t.Column("name_zh"), t.Column("name_en"), t.Column("pv_rate"), t.Column("uv_rate")
	var out []funnelBar
	for i, s := range r.Figures.Funnel.Steps {
		row := t.Rows[i]
		b := funnelBar{
			ZH: row[zh].Text, EN: row[en].Text, PV: count(s.PV), UV: count(s.UV),
			PVRate: p.rate(analytics.UnitRatio, row[pvr].Num, row[pvr].Den), UVRate: p.rate(analytics.UnitRatio, row[uvr].Num, row[uvr].Den),
			W: px(max(float64(s.UV)*560/float64(most), 1)),
		}
		b.Tip = fmt.Sprintf("%s · %s: uv %s, pv %s", b.ZH, b.EN, b.UV, b.PV)
		out = append(out, b)
	}
	return out
}
