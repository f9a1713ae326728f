from .allocation.allocate import (
    Allocation as Allocation,
    allocate as allocate,
    allocate_as as allocate_as,
)
from .allocation.black_litterman import (
    Posterior as Posterior,
    View as View,
    absolute_view as absolute_view,
    black_litterman as black_litterman,
    equilibrium_returns as equilibrium_returns,
    relative_view as relative_view,
)
from .allocation.catalogue import (
    ADMITS as ADMITS,
    METHODS as METHODS,
    constraints_table as constraints_table,
)
from .allocation.constraints import (
    Constraints as Constraints,
    GroupLimit as GroupLimit,
)
from .allocation.covariance import (
    estimate_covariance as estimate_covariance,
)
from .allocation.spec import (
    AllocationSpec as AllocationSpec,
)
from .allocation.walk_forward import (
    WalkForwardAllocation as WalkForwardAllocation,
    walk_forward_allocation as walk_forward_allocation,
)
from .attribution.brinson import (
    BrinsonEffects as BrinsonEffects,
    LinkedEffects as LinkedEffects,
    brinson_fachler as brinson_fachler,
    brinson_hood_beebower as brinson_hood_beebower,
)
from .attribution.contributions import (
    risk_contributions as risk_contributions,
    risk_shares as risk_shares,
)
from .attribution.drawdowns import (
    DrawdownAttribution as DrawdownAttribution,
    attribute_drawdowns as attribute_drawdowns,
)
from .attribution.factors import (
    FactorRegression as FactorRegression,
    factor_regression as factor_regression,
    newey_west_lags as newey_west_lags,
)
from .attribution.linking import (
    carino_factors as carino_factors,
    menchero_factors as menchero_factors,
)
from .attribution.profits import (
    profits_of_backtest as profits_of_backtest,
    profits_of_weights as profits_of_weights,
)
from .attribution.segments import (
    group_segments as group_segments,
)
from .attribution.tails import (
    shortfall_contributions as shortfall_contributions,
    var_contributions as var_contributions,
)
from .breakers.capping import (
    RiskCap as RiskCap,
    TrailingCovariance as TrailingCovariance,
    var_cap as var_cap,
    volatility_cap as volatility_cap,
)
from .breakers.cutting import (
    cut_by_contribution as cut_by_contribution,
)
from .breakers.liquidation import (
    AutoLiquidation as AutoLiquidation,
    cooling_off as cooling_off,
)
from .breakers.machine import (
    breaker_step as breaker_step,
    breaker_trip as breaker_trip,
)
from .breakers.resetting import (
    ResetToken as ResetToken,
    breaker_reset as breaker_reset,
    issue_reset_token as issue_reset_token,
)
from .breakers.rules import (
    BreakerRules as BreakerRules,
    Observation as Observation,
)
from .breakers.state import (
    BreakerState as BreakerState,
    Trip as Trip,
)
from .breakers.storing import (
    breaker_from_json as breaker_from_json,
    breaker_to_json as breaker_to_json,
)
from .gating.limits_file import (
    load_limits as load_limits,
)
from .measures.catalogue import (
    MEASURES as MEASURES,
    ORDERED_MEASURES as ORDERED_MEASURES,
    ROLLING_MEASURES as ROLLING_MEASURES,
    rolling_var as rolling_var,
    tail_risk as tail_risk,
    tail_risk_table as tail_risk_table,
)
from .measures.cornish_fisher import (
    cornish_fisher_risk as cornish_fisher_risk,
    rolling_cornish_fisher as rolling_cornish_fisher,
)
from .measures.filtered_historical import (
    filtered_historical_risk as filtered_historical_risk,
    rolling_filtered_historical as rolling_filtered_historical,
)
from .measures.garch import (
    garch_risk as garch_risk,
    rolling_garch as rolling_garch,
)
from .measures.historical import (
    historical_risk as historical_risk,
    rolling_historical as rolling_historical,
)
from .measures.normal import (
    normal_risk as normal_risk,
    rolling_normal as rolling_normal,
)
from .measures.results import (
    RollingRisk as RollingRisk,
    TailRisk as TailRisk,
)
from .measures.student_t import (
    rolling_student_t as rolling_student_t,
    student_t_risk as student_t_risk,
)
from .stress.book import (
    Book as Book,
    book_of as book_of,
)
from .stress.reverse import (
    FactorBreach as FactorBreach,
    JointBreach as JointBreach,
    reverse_factor as reverse_factor,
    reverse_joint as reverse_joint,
)
from .stress.scenarios import (
    Historical as Historical,
    Hypothetical as Hypothetical,
    Scenario as Scenario,
    load_scenario as load_scenario,
    load_scenarios as load_scenarios,
)
from .stress.shocks import (
    Shock as Shock,
    shock as shock,
    stress_moves as stress_moves,
)
from .stress.table import (
    stress_table as stress_table,
)
from .stress.windows import (
    Replay as Replay,
    replay as replay,
)
from .var_tests.battery import (
    run_var_tests as run_var_tests,
)
from .var_tests.coverage import (
    kupiec_pof as kupiec_pof,
    kupiec_region as kupiec_region,
    time_until_first_failure as time_until_first_failure,
)
from .var_tests.durations import (
    christoffersen_pelletier as christoffersen_pelletier,
)
from .var_tests.dynamic_quantile import (
    dynamic_quantile as dynamic_quantile,
)
from .var_tests.exceptions import (
    Exceptions as Exceptions,
    exceedances as exceedances,
    exceptions_of as exceptions_of,
)
from .var_tests.independence import (
    christoffersen_coverage as christoffersen_coverage,
    christoffersen_independence as christoffersen_independence,
)
from .var_tests.likelihood_ratio import (
    LikelihoodRatio as LikelihoodRatio,
)
from .var_tests.null_tails import (
    NormalTail as NormalTail,
    ResampledTail as ResampledTail,
    StudentTail as StudentTail,
)
from .var_tests.shortfall import (
    acerbi_szekely as acerbi_szekely,
)
from .var_tests.traffic_light import (
    TrafficLight as TrafficLight,
    rolling_zones as rolling_zones,
    traffic_light as traffic_light,
    zone_limits as zone_limits,
)
