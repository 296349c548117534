# Who may talk to whom. Everything else is closed: no group has a rule beyond these.

locals {
  security_groups = {
    edge   = "Load balancer"
    api    = "API tasks"
    worker = "Worker tasks"
    proxy  = "RDS Proxy"
    data   = "PostgreSQL"
    cache  = "Cache"
  }

  # from → to, at a port: one rule for the way out and one for the way in
  ways = merge(
    { edge-api = { from = "edge", to = "api", port = local.port } },
    { for tasks in ["api", "worker"] : "${tasks}-cache" => { from = tasks, to = "cache", port = 6379 } },
    { for tasks in ["api", "worker"] : "${tasks}-database" => { from = tasks, to = var.database.proxy ? "proxy" : "data", port = 5432 } },
    var.database.proxy ? { proxy-database = { from = "proxy", to = "data", port = 5432 } } : {},
  )
}

resource "aws_security_group" "this" {
  # checkov:skip=CKV2_AWS_5:the modules attach them, which the check does not follow
  for_each = { for name, description in local.security_groups : name => description if name != "proxy" || var.database.proxy }

  name        = "${var.name}-${each.key}"
  description = each.value
  vpc_id      = module.network.vpc_id

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_vpc_security_group_ingress_rule" "users" {
  for_each = {
    for pair in setproduct(var.allowed_cidrs, [80, 443]) : "${pair[0]}-${pair[1]}" => { cidr = pair[0], port = pair[1] }
  }

  security_group_id = aws_security_group.this["edge"].id
  description       = each.value.port == 443 ? "Users" : "Users, who are sent on to HTTPS"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "ways" {
  for_each = local.ways

  security_group_id            = aws_security_group.this[each.value.from].id
  description                  = "To ${each.value.to}"
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "ways" {
  for_each = local.ways

  security_group_id            = aws_security_group.this[each.value.to].id
  description                  = "From ${each.value.from}"
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# AWS's own services, the licence service (beacon.langchain.com), LangSmith, providers of models
resource "aws_vpc_security_group_egress_rule" "internet" {
  for_each = toset(["api", "worker"])

  security_group_id = aws_security_group.this[each.key].id
  description       = "HTTPS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
