"""Tests of VaR and expected-shortfall forecasts against what happened."""
