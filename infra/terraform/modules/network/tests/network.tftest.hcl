mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/flow" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:flow" }
  }
}

variables {
  name         = "holdfast"
  cidr         = "10.40.0.0/16"
  zones        = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  logs_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/logs"
}

run "three_subnets_a_zone_and_one_way_out" {
  assert {
    condition = (
      aws_subnet.public["eu-central-1a"].cidr_block == "10.40.0.0/20" &&
      aws_subnet.private["eu-central-1c"].cidr_block == "10.40.96.0/20" &&
      aws_subnet.data["eu-central-1b"].cidr_block == "10.40.144.0/20"
    )
    error_message = "Subnets are cut from 0, 4 and 8 of 16 parts."
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(distinct([for route in aws_route.nat : route.nat_gateway_id])) == 1
    error_message = "All zones go out through the one NAT gateway."
  }

  assert {
    condition     = !contains([for association in aws_route_table_association.data : association.route_table_id], aws_route_table.public.id) && length(aws_route.nat) == 3
    error_message = "Data subnets have no route out."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : subnet.map_public_ip_on_launch != true])
    error_message = "Nothing in a public subnet gets a public address by itself."
  }
}

run "a_gateway_in_each_zone" {
  variables {
    nat_gateways = 3
  }

  assert {
    condition     = alltrue([for zone, route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "Each zone goes out through its own gateway."
  }
}

run "what_can_not_be" {
  command = plan

  variables {
    cidr  = "10.40.0.0/21"
    zones = ["eu-central-1a"]
  }

  expect_failures = [var.cidr, var.zones]
}

run "no_range_and_more_gateways_than_zones" {
  command = plan

  variables {
    cidr         = "10.40.0.0"
    nat_gateways = 4
  }

  expect_failures = [var.cidr, var.nat_gateways]
}
