package config

import (
	"reflect"
	"strings"
)

// Expand is a switch with all its keys, defaults filled in, as values that JSON
// can show.
func Expand(dp *DP) map[string]any {
	m := expandStruct(reflect.ValueOf(*dp))
	m["high_priority"], m["highest_priority"] = or(dp.HighPriority, 9001), or(dp.HighestPriority, 9099)
	m["low_priority"], m["lowest_priority"] = or(dp.LowPriority, 9000), or(dp.LowestPriority, 0)
	m["cookie"], m["dp_id"] = dp.Cookie, *dp.ID
	delete(m, "interface_ranges")
	interfaces, vlans := map[string]any{}, map[string]any{}
	for _, p := range dp.Ports {
		one := expandStruct(reflect.ValueOf(*p))
		one["number"] = p.Number
		interfaces[p.Name] = one
	}
	for _, v := range dp.VLANs {
		one := expandStruct(reflect.ValueOf(*v))
		one["vid"] = v.VID
		var vips []string
		for _, p := range v.VIPs {
			vips = append(vips, p.String())
		}
		one["faucet_vips"] = vips
		delete(one, "routes")
		if len(v.Routes) > 0 {
			var routes []map[string]string
			for _, r := range v.Routes {
				routes = append(routes, map[string]string{"ip_dst": r.Dst.String(), "ip_gw": r.Gw.String()})
			}
			one["routes"] = routes
		}
		vlans[v.Name] = one
	}
	m["interfaces"], m["vlans"] = interfaces, vlans
	return m
}

func or(v *int, otherwise int) int {
	if v != nil {
		return *v
	}
	return otherwise
}

func expandStruct(v reflect.Value) map[string]any {
	m := map[string]any{}
	for i := range v.NumField() {
		key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("key"), ",")
		if key != "" {
			m[key] = expandValue(v.Field(i))
		}
	}
	return m
}

func expandValue(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case Ref:
		if x.IsInt {
			return x.Number
		}
		return x.Text
	case Map, anyNode, scalar:
		return "…"
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return expandValue(v.Elem())
	case reflect.Struct:
		return expandStruct(v)
	case reflect.Slice:
		list := []any{}
		for i := range v.Len() {
			list = append(list, expandValue(v.Index(i)))
		}
		return list
	}
	return v.Interface()
}
