package exchange

import (
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/realtime"
)

// ruleFamily has rules of acl.conf in a database: name, sense, rule, rule_order.
const ruleFamily = "acls"

// rulesAnywhere are the sections of acl.conf, and those that lie in a database. Rules
// that can't be read let nobody in.
func (x *Exchange) rulesAnywhere(f *config.File) func(name string) (phone.Rules, bool) {
	ofFile := namedRules(f)
	return func(name string) (phone.Rules, bool) {
		if rules, ok := ofFile(name); ok || !x.realtime.Has(ruleFamily) {
			return rules, ok
		}
		rows, err := x.realtime.All(x.background, ruleFamily, realtime.Where("name", name, "rule_order LIKE", "%")...)
		if err != nil {
			x.log.Error("rules can't be read from their database: nobody passes", "acl", name, "error", err)
			return nil, false
		}
		order := func(r realtime.Row) int { n, _ := strconv.Atoi(r.Get("rule_order")); return n }
		slices.SortStableFunc(rows, func(a, b realtime.Row) int { return order(a) - order(b) })
		var all phone.Rules
		for _, r := range rows {
			rules, err := phone.ParseRules(strings.EqualFold(r.Get("sense"), "permit"), r.Get("rule"))
			if err != nil {
				return nil, false
			}
			all = append(all, rules...)
		}
		return all, len(all) > 0
	}
}
