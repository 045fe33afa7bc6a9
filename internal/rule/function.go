package rule

import (
	"math"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"watchfire.dev/internal/geo"
)

// functions are ours: event.hour(zone), event.weekday(zone), event.within(lat, lon, km),
// asset.within(lat, lon, km), asset.tagged(tag). The macros of short let people leave the
// noun out.
func functions(event, asset *types.Type) []cel.EnvOption {
	number := cel.DoubleType
	place := []*cel.Type{number, number, number}
	return []cel.EnvOption{
		cel.Function("hour", cel.MemberOverload("event_hour", []*cel.Type{event, cel.StringType}, cel.IntType,
			cel.BinaryBinding(clock(func(t time.Time) int { return t.Hour() })))),
		cel.Function("weekday", cel.MemberOverload("event_weekday", []*cel.Type{event, cel.StringType}, cel.IntType,
			cel.BinaryBinding(clock(func(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 })))),
		cel.Function("within",
			cel.MemberOverload("event_within", append([]*cel.Type{event}, place...), cel.BoolType, cel.FunctionBinding(within((*facts).eventWithin))),
			cel.MemberOverload("asset_within", append([]*cel.Type{asset}, place...), cel.BoolType, cel.FunctionBinding(within((*facts).assetWithin)))),
		cel.Function("tagged", cel.MemberOverload("asset_tagged", []*cel.Type{asset, cel.StringType}, cel.BoolType,
			cel.BinaryBinding(tagged))),
	}
}

// short lets a function be called without its noun: hour("Asia/Karachi") is
// event.hour("Asia/Karachi").
func short(function string, args int, noun string) cel.Macro {
	return cel.GlobalMacro(function, args, func(f cel.MacroExprFactory, _ ast.Expr, a []ast.Expr) (ast.Expr, *common.Error) {
		return f.NewMemberCall(function, f.NewIdent(noun), numbers(f, a)...), nil
	})
}

// exact lets a function with a noun take whole numbers, as people write them:
// asset.within(24, 67, 50).
func exact(function string, args int) cel.Macro {
	return cel.ReceiverMacro(function, args, func(f cel.MacroExprFactory, target ast.Expr, a []ast.Expr) (ast.Expr, *common.Error) {
		return f.NewMemberCall(function, target, numbers(f, a)...), nil
	})
}

// numbers makes whole numbers that stand in the text numbers with a point.
func numbers(f cel.MacroExprFactory, args []ast.Expr) []ast.Expr {
	out := slices.Clone(args)
	for i, a := range args {
		if a.Kind() == ast.LiteralKind {
			if n, ok := a.AsLiteral().(types.Int); ok {
				out[i] = f.NewLiteral(types.Double(n))
			}
		}
	}
	return out
}

func clock(part func(time.Time) int) func(ref.Val, ref.Val) ref.Val {
	return func(event, zone ref.Val) ref.Val {
		t, err := event.Value().(*facts).local(string(zone.(types.String)))
		if err != nil {
			return types.WrapErr(err)
		}
		return types.Int(part(t))
	}
}

func within(ask func(*facts, geo.Point, float64) (bool, error)) func(...ref.Val) ref.Val {
	return func(args ...ref.Val) ref.Val {
		lat, lon, km := float64(args[1].(types.Double)), float64(args[2].(types.Double)), float64(args[3].(types.Double))
		if err := checkPlace(lat, lon, km); err != "" {
			return types.NewErr("%s", err)
		}
		in, err := ask(args[0].Value().(*facts), geo.Point{Lat: lat, Lon: lon}, km)
		if err != nil {
			return types.WrapErr(err)
		}
		return types.Bool(in)
	}
}

// checkPlace says what is wrong with the arguments of within, or "".
func checkPlace(lat, lon, km float64) string {
	switch {
	case !(geo.Point{Lat: lat, Lon: lon}).Valid():
		return "within() takes a latitude in -90 to 90 and a longitude in -180 to 180, in degrees"
	case math.IsNaN(km) || km < 0 || km > 20_040:
		return "within() takes a distance in 0 to 20040 km"
	}
	return ""
}

func tagged(asset, tag ref.Val) ref.Val {
	return types.Bool(slices.Contains(asset.Value().(*facts).a.Tags, string(tag.(types.String))))
}
